import CTokenRing
import TokenRing

/// Packets as a driver's descriptors name them, each in a buffer that was posted. Plain pointers, nothing to retain.
public struct DriverPackets {
    private let descriptors: UnsafePointer<XDPDescriptor>?
    let count: Int
    private let niovs: UnsafePointer<NetIOVTable>

    @inline(__always)
    init(_ descriptors: UnsafeBufferPointer<XDPDescriptor>, of binding: Binding) {
        self.init(descriptors.baseAddress, descriptors.count, UnsafePointer(binding.pool.table))
    }

    @inline(__always)
    private init(_ descriptors: UnsafePointer<XDPDescriptor>?, _ count: Int, _ niovs: UnsafePointer<NetIOVTable>) {
        self.descriptors = descriptors
        self.count = count
        self.niovs = niovs
    }

    /// The first `most`, or all if they are fewer.
    @inline(__always)
    func prefix(_ most: Int) -> DriverPackets { DriverPackets(descriptors, min(most, count), niovs) }

    /// Those behind the first `first`, which there are.
    @inline(__always)
    func dropFirst(_ first: Int) -> DriverPackets {
        DriverPackets(descriptors.map { $0 + first }, count &- first, niovs)
    }

    /// Fetches the net_iovs of a batch; of a packet or two that come alone `take` has fetched them before.
    @inline(__always)
    func prefetch() {
        guard count > 2, let descriptors else { return }
        var position = 0
        while position < count {
            let index = descriptors[position].address &>> niovs.pointee.shift
            niovs.pointee[NetIOVIndex(truncatingIfNeeded: index)].prefetch()
            position &+= 1
        }
    }

    /// Takes one from the driver: its buffer is no longer posted. `position` is below `count`.
    ///
    /// - Returns: the fragment, which has the buffer's pool reference; nil if the descriptor names no posted buffer, or more
    ///   than it holds.
    @inline(__always)
    func take(_ position: Int) -> Frag? {
        let descriptor = descriptors.unsafelyUnwrapped[position]
        let shift = niovs.pointee.shift
        let index = descriptor.address &>> shift
        let offset = descriptor.address &- index &<< shift
        guard index < UInt64(truncatingIfNeeded: niovs.pointee.count),
            offset &+ UInt64(descriptor.length) <= 1 &<< shift
        else { return nil }
        let niov = niovs.pointee[NetIOVIndex(truncatingIfNeeded: index)]
        // Buffers are posted and received into in order, and mostly lie in order: of the next packets probably.
        (niov + 2).prefetch()
        guard niov.pointee.isPosted else { return nil }
        niov.pointee.isPosted = false
        return Frag(niov: niov, offset: UInt32(truncatingIfNeeded: offset), size: descriptor.length)
    }
}
