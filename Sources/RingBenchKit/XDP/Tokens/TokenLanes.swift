import TokenRing
import TokenRingXDP

/// Packets of one pass, sorted by the consumer that they are for: descriptors as the kernel wrote them. Plain pointers, nothing
/// to retain. Whoever makes it destroys it.
struct TokenLanes {
    /// Lanes.
    let count: Int
    private let capacity: Int
    private let packets: UnsafeMutablePointer<XDPDescriptor>
    private let counts: UnsafeMutablePointer<Int>

    /// `count` empty lanes with room for `capacity` packets each.
    init(count: Int, capacity: Int) {
        self.count = count
        self.capacity = capacity
        packets = .allocate(capacity: count * capacity)
        counts = .allocate(capacity: count)
        counts.initialize(repeating: 0, count: count)
    }

    /// The last use.
    func destroy() {
        packets.deallocate()
        counts.deallocate()
    }

    /// Which lane a packet's flow is for.
    @inline(__always)
    func lane(of packet: UnsafeRawPointer, length: UInt32) -> Int {
        Int((UInt64(FlowHash.of(packet, length: length)) &* UInt64(count)) >> 32)
    }

    @inline(__always)
    func append(_ packet: XDPDescriptor, to lane: Int) {
        packets[lane &* capacity &+ counts[lane]] = packet
        counts[lane] &+= 1
    }

    /// Packets in the first lane.
    @inline(__always)
    var first: Int {
        get { counts[0] }
        nonmutating set { counts[0] = newValue }
    }

    /// Puts a packet into the first lane, whose end the caller keeps meanwhile: in a register.
    @inline(__always)
    func append(_ packet: XDPDescriptor, toFirstAt end: inout Int) {
        packets[end] = packet
        end &+= 1
    }

    /// What is in a lane.
    @inline(__always)
    subscript(_ lane: Int) -> UnsafeBufferPointer<XDPDescriptor> {
        UnsafeBufferPointer(start: packets + lane &* capacity, count: counts[lane])
    }

    /// Makes room in a lane.
    @inline(__always)
    func empty(_ lane: Int) { counts[lane] = 0 }
}

/// The data path before the model: takes a batch of packets that was peeked from RX and sorts it by consumer.
///
/// - Returns: bytes of those that are in a lane now.
@inline(never)
func xdpSortLoop(_ batch: RingBatch, of receiver: inout XDPReceiver, into lanes: TokenLanes) -> UInt64 {
    let frames = AlignedFrames(of: receiver.socket)
    var offset: UInt32 = 0
    var size: UInt64 = 0
    var end = lanes.first
    while offset < batch.count {
        let descriptor = receiver.socket.receive.read(at: batch[offset])
        offset &+= 1
        let (last, overflow) = descriptor.address.addingReportingOverflow(UInt64(descriptor.length))
        guard !overflow, last <= frames.byteCount else {
            receiver.violations.badAddresses &+= 1
            continue
        }
        // The chunk that the driver wrote to must be one that was posted to FILL.
        guard receiver.ledger.take(frames.number(of: descriptor.address)) else {
            receiver.violations.doubledFrames &+= 1
            continue
        }
        size &+= UInt64(descriptor.length)
        if lanes.count == 1 {
            lanes.append(descriptor, toFirstAt: &end)
        } else {
            let packet = frames.base + Int(descriptor.address)
            lanes.append(descriptor, to: lanes.lane(of: packet, length: descriptor.length))
        }
    }
    if lanes.count == 1 { lanes.first = end }
    receiver.socket.receive.release(batch.count)
    receiver.batches.record(batch.count)
    return size
}

/// The data path behind the model: posts buffers to reserved slots of FILL.
///
/// - Returns: buffers posted; fewer than given if one is posted already, which is a broken invariant and counted.
@inline(never)
func xdpPostLoop(
    _ addresses: UnsafeBufferPointer<UMEMAddress>, to slots: RingBatch, of receiver: inout XDPReceiver
) -> UInt32 {
    let frames = AlignedFrames(of: receiver.socket)
    var posted: UInt32 = 0
    for address in addresses {
        guard receiver.ledger.give(frames.number(of: address)) else {
            receiver.violations.doubledFrames &+= 1
            continue
        }
        receiver.socket.fill.write(address, at: slots[posted])
        posted &+= 1
    }
    receiver.socket.fill.cancel(slots.count &- posted)
    receiver.socket.fill.submit(posted)
    return posted
}
