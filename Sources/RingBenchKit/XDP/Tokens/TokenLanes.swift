import RingKernelModel
import TokenRing

/// Packets of one pass, sorted by the consumer that they are for. Whoever makes it destroys it.
struct TokenLanes {
    /// Lanes.
    let count: Int
    private let lanes: UnsafeMutablePointer<TokenLane>

    /// A lane for each socket, with room for `capacity` packets.
    init(for sockets: [Socket], capacity: Int) {
        count = sockets.count
        lanes = .allocate(capacity: count)
        for (number, socket) in sockets.enumerated() {
            (lanes + number).initialize(to: TokenLane(for: socket, capacity: capacity))
        }
    }

    /// The last use.
    func destroy() {
        for number in 0..<count { lanes[number].destroy() }
        lanes.deallocate()
    }

    @inline(__always)
    subscript(_ number: Int) -> UnsafeMutablePointer<TokenLane> { lanes + number }

    /// The lane that a packet's flow is for; any, of one that is not in the UMEM.
    @inline(__always)
    func lane(of packet: XDPDescriptor, in memory: UnsafeRawBufferPointer) -> UnsafeMutablePointer<TokenLane> {
        let (end, overflow) = packet.address.addingReportingOverflow(UInt64(packet.length))
        guard !overflow, end <= UInt64(memory.count), let base = memory.baseAddress else { return lanes }
        let hash = FlowHash.of(base + Int(packet.address), length: packet.length)
        return lanes + Int((UInt64(hash) &* UInt64(count)) >> 32)
    }
}
