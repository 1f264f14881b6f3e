import TokenRing

/// What `XDP_STATISTICS` counts.
public struct XSKCounters: Hashable, Sendable {
    /// `rx_dropped`.
    public var receiveDropped: UInt64 = 0
    /// `rx_invalid_descs`: always 0.
    public var receiveInvalid: UInt64 = 0
    /// `tx_invalid_descs`.
    public var transmitInvalid: UInt64 = 0
    /// `rx_ring_full`.
    public var receiveFull: UInt64 = 0
    /// `rx_fill_ring_empty_descs`.
    public var fillEmpty: UInt64 = 0
    /// `tx_ring_empty_descs`.
    public var transmitEmpty: UInt64 = 0

    /// All zero.
    public init() {}
}

/// An AF_XDP socket in copy mode as the kernel sees it, aligned frames, one frame a packet: net/xdp/xsk.c and
/// xsk_buff_pool.c of Linux 6.18.44 in our own words, without the packets' bytes.
///
/// User space's side is the four rings' memory, to be used or misused like a real socket's. The model does what the kernel does
/// when a packet arrives (`receive`) and when it is asked to send (`send`). One thread.
public final class XSKModel {
    /// Where the program runs that redirects to the socket.
    public enum Path: Sendable {
        /// On an skb.
        case skb
        /// In the driver, in a NAPI round a packet.
        case driver
    }

    /// The rings as user space has them mapped.
    public struct Rings {
        /// Frames to receive into.
        public let fill: MappedRingMemory<UMEMAddress>
        /// Received packets.
        public let receive: MappedRingMemory<XDPDescriptor>
        /// Packets to send.
        public let transmit: MappedRingMemory<XDPDescriptor>
        /// Frames that were sent.
        public let completion: MappedRingMemory<UMEMAddress>
    }

    /// The rings.
    public let rings: Rings
    /// `XDP_PACKET_HEADROOM`.
    private static let headroomBytes: UInt64 = 256
    /// Descriptors that one call sends, `TX_BATCH_SIZE`.
    private static let budget = 32

    private let path: Path
    private let chunkBytes: UInt64
    private let umemBytes: UInt64
    private var fill: XSKConsumedQueue<UMEMAddress>
    private var receive: XSKProducedQueue<XDPDescriptor>
    private var transmit: XSKConsumedQueue<XDPDescriptor>
    private var completion: XSKProducedQueue<UMEMAddress>
    /// Frames that were taken from FILL and not delivered; the last one put back is taken first.
    private var freeFrames: [UInt64] = []
    private var counted = XSKCounters()

    /// A bound socket over rings of so many entries, powers of two, that receives by `path`.
    ///
    /// - Throws: `SystemCallError` if memory is short, `LayoutError` for a size that is no power of two.
    public init(
        chunkBytes: UInt32, frames: UInt32, fillEntries: UInt32, receiveEntries: UInt32, transmitEntries: UInt32,
        completionEntries: UInt32, path: Path
    ) throws {
        self.path = path
        self.chunkBytes = UInt64(chunkBytes)
        umemBytes = UInt64(chunkBytes) * UInt64(frames)
        rings = Rings(
            fill: try Self.ring(fillEntries), receive: try Self.ring(receiveEntries),
            transmit: try Self.ring(transmitEntries), completion: try Self.ring(completionEntries))
        fill = XSKConsumedQueue(rings.fill)
        receive = XSKProducedQueue(rings.receive)
        transmit = XSKConsumedQueue(rings.transmit)
        completion = XSKProducedQueue(rings.completion)
        // In copy mode nobody sends unless asked, and says so from the start; no driver asks for FILL.
        rings.transmit.storeRelease(1, to: .consumerFlags)
    }

    private static func ring<Entry: BitwiseCopyable>(_ entries: UInt32) throws -> MappedRingMemory<Entry> {
        let stride = MemoryLayout<Entry>.stride
        let layout = RingLayout(
            producer: 0, consumer: 128, consumerFlags: 196, entries: 320, entryStride: UInt32(stride), capacity: entries
        )
        return try MappedRingMemory(Mapping(anonymous: 320 + Int(entries) * stride), layout: layout)
    }

    /// A packet arrives that the program redirects here (`xsk_rcv`, `xsk_flush`).
    public func receive(length: UInt32) {
        guard UInt64(length) <= chunkBytes - Self.headroomBytes else {
            counted.receiveDropped += 1
            return
        }
        // From an skb the socket is flushed after each packet, from a driver when one was delivered.
        guard deliver(length) || path == .skb else { return }
        receive.publish()
        fill.publish()
    }

    private func deliver(_ length: UInt32) -> Bool {
        guard let frame = takeFrame() else {
            counted.receiveDropped += 1
            return false
        }
        guard receive.reserve() else {
            counted.receiveFull += 1
            if !freeFrames.contains(frame) { freeFrames.append(frame) }
            return false
        }
        receive.write(XDPDescriptor(address: frame + Self.headroomBytes, length: length))
        return true
    }

    /// `xp_alloc`: a frame that was put back, or the next of FILL that lies in the UMEM.
    private func takeFrame() -> UInt64? {
        if let frame = freeFrames.popLast() { return frame }
        while let address = fill.peek() {
            fill.skip()
            let frame = address & ~(chunkBytes - 1)
            if frame < umemBytes { return frame }
            fill.invalid += 1
        }
        return nil
    }

    /// `sendto` (`__xsk_generic_xmit`): hands packets to `wire` until TX is empty, COMPLETION full, the budget gone, a
    /// descriptor wrong or a packet refused, which is then completed like one that was sent.
    ///
    /// - Parameter wire: takes a packet by its length; false if the device drops it, such as for its length.
    /// - Returns: 0, 11 (EAGAIN) to be called again, or 16 (EBUSY) if a packet was refused.
    public func send(to wire: (UInt32) -> Bool) -> CInt {
        var (isFurther, left) = (false, Self.budget)
        var result: CInt = 0
        while let descriptor = transmit.peek() {
            let isValid = isValid(descriptor)
            // The budget is for packets; a wrong descriptor also comes back through COMPLETION and needs room there.
            guard !isValid || left > 0, completion.reserve() else {
                result = 11
                break
            }
            left -= 1
            transmit.skip()
            isFurther = true
            guard isValid else {
                transmit.invalid += 1
                complete(descriptor.address)
                break
            }
            let isTaken = wire(descriptor.length)
            // The address waits beside a mark in its lowest bit, which is then taken for the mark.
            complete(descriptor.address & ~1)
            guard isTaken else {
                result = 16
                break
            }
        }
        if isFurther { transmit.publish() }
        return result
    }

    private func complete(_ address: UInt64) {
        completion.write(address)
        completion.publish()
    }

    /// `xp_aligned_validate_desc`: within one frame, within the UMEM, not empty, no option that it does not know.
    private func isValid(_ descriptor: XDPDescriptor) -> Bool {
        guard descriptor.length > 0, descriptor.options == 0 else { return false }
        let offset = descriptor.address & (chunkBytes - 1)
        return offset + UInt64(descriptor.length) <= chunkBytes && descriptor.address < umemBytes
    }

    /// What was counted so far.
    public var counters: XSKCounters {
        var counters = counted
        // The kernel counts `fill.invalid` and tells the RX ring's instead, in which nothing is ever wrong.
        counters.receiveInvalid = 0
        counters.fillEmpty = fill.empty
        counters.transmitInvalid = transmit.invalid
        counters.transmitEmpty = transmit.empty
        return counters
    }
}
