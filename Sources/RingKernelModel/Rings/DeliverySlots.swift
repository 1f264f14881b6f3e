import CTokenRing
import TokenRing

/// Reserved slots of a delivery ring, for packets of one socket. Under the ring set's lock. Plain pointers, nothing to retain.
public struct DeliverySlots {
    private let ring: UnsafeMutablePointer<ProducerRing<MappedRingMemory<FragDescriptor>>>
    private let first: RingIndex
    private let cookie: UInt64

    init(
        _ slots: RingBatch, of ring: UnsafeMutablePointer<ProducerRing<MappedRingMemory<FragDescriptor>>>,
        for socket: Socket
    ) {
        self.ring = ring
        first = slots.first
        cookie = socket.cookie
    }

    /// Writes an entry; not yet to be seen by the consumer.
    @inline(__always)
    func write(_ packet: DriverPacket, token: UInt32, at position: Int, isLast: Bool) {
        ring.pointee.write(
            FragDescriptor(packet.dmabufOffset, packet.size, token: token, cookie: cookie, isLast: isLast),
            at: first &+ UInt32(truncatingIfNeeded: position))
    }
}

extension FragDescriptor {
    /// The entry of `size` bytes at `offset` in the dmabuf.
    @inline(__always)
    init(_ offset: UInt64, _ size: UInt32, token: UInt32, cookie: UInt64, isLast: Bool) {
        self.init(
            frag_offset: offset, frag_size: size, frag_token: token, socket_cookie: cookie,
            flags: isLast ? UInt32(TOKEN_RING_FRAG_LAST) : 0, reserved: 0)
    }
}
