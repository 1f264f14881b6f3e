import TokenRing

/// Frames that the application has, as a stack of their addresses. Plain memory; whoever makes it destroys it.
struct FreeFrames {
    private let addresses: UnsafeMutablePointer<UMEMAddress>
    private let state: UnsafeMutablePointer<UInt32>
    private let capacity: UInt32

    /// Room for `capacity` frames; none is in it.
    init(capacity: UInt32) {
        self.capacity = capacity
        addresses = .allocate(capacity: Int(capacity))
        state = .allocate(capacity: 1)
        state.initialize(to: 0)
    }

    /// The last use.
    func destroy() {
        addresses.deallocate()
        state.deallocate()
    }

    /// Frames in it.
    @inline(__always)
    var count: UInt32 { state.pointee }

    /// Takes the one that came last, which the cache still has; there must be one.
    @inline(__always)
    func take() -> UMEMAddress {
        state.pointee &-= 1
        return addresses[Int(state.pointee)]
    }

    /// Puts one back. False, and nothing changes, if more came back than there are.
    @inline(__always)
    func put(_ address: UMEMAddress) -> Bool {
        guard state.pointee < capacity else { return false }
        addresses[Int(state.pointee)] = address
        state.pointee &+= 1
        return true
    }
}
