import CTokenRing
import TokenRing

/// A delivery ring as a driver's packets for one socket go into it. Under the ring set's lock. Plain pointers, nothing to retain.
public struct DeliveryWriter {
    private let ring: UnsafeMutablePointer<ProducerRing<MappedRingMemory<FragDescriptor>>>
    private let cookie: UInt64

    @inline(__always)
    init(_ ring: UnsafeMutablePointer<ProducerRing<MappedRingMemory<FragDescriptor>>>, for socket: Socket) {
        self.ring = ring
        cookie = socket.cookie
    }

    /// Takes packets from the driver and publishes their entries, as many as there is room for.
    ///
    /// - Parameter token: names the token of a packet that was taken.
    /// - Returns: how many; the rest is still the caller's.
    @inline(__always)
    func write(_ packets: DriverPackets, _ token: (DriverPacket) -> UInt32) -> Int {
        publish(upTo: packets.count) { slots in
            let last = Int(slots.count) &- 1
            var position = 0
            while position <= last, let packet = packets.take(position) {
                write(packet, token: token(packet), at: position, of: slots, isLast: position == last)
                position &+= 1
            }
            return position
        }
    }

    /// Publishes entries that `body` writes into slots.
    ///
    /// - Parameters:
    ///   - most: slots that it would like.
    ///   - body: answers how many it wrote, from the front; the other slots go back.
    /// - Returns: what `body` answered, or 0 without a slot.
    @inline(__always)
    func publish(upTo most: Int, _ body: (_ slots: RingBatch) -> Int) -> Int {
        let slots = ring.pointee.reserve(upTo: UInt32(truncatingIfNeeded: most))
        if slots.isEmpty { return 0 }
        // Before the first look at a packet: the consumer's core gives up these lines while the NIC's gives up the descriptors'.
        ring.pointee.claim(slots)
        let written = UInt32(truncatingIfNeeded: body(slots))
        ring.pointee.cancel(slots.count &- written)
        ring.pointee.submit(written)
        return Int(written)
    }

    /// Writes an entry into the slot at `position` of `slots`.
    @inline(__always)
    func write(_ packet: DriverPacket, token: UInt32, at position: Int, of slots: RingBatch, isLast: Bool) {
        ring.pointee.write(
            FragDescriptor(packet.dmabufOffset, packet.size, token: token, cookie: cookie, isLast: isLast),
            at: slots[UInt32(truncatingIfNeeded: position)])
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
