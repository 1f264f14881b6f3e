import CTokenRing
import TokenRing

/// The kernel's end of a delivery ring: moves fragments from sockets' queues into entries. The ring set's lock is held
/// around every call.
final class DeliveryRing: @unchecked Sendable {
    private let ring: UnsafeMutablePointer<ProducerRing<MappedRingMemory<FragDescriptor>>>
    private let binding: Binding
    private let bookkeeping: any TokenBookkeeping
    private let owner: TokenOwner
    /// Whether our flags word asks the consumer for a kick.
    private var asksForKick = false
    /// Sockets that found the ring full.
    private var waiting: [Socket] = []
    /// Times that there was no room.
    private(set) var full: UInt64 = 0

    init(_ region: RingRegion, number: Int, binding: Binding, owner: TokenOwner) throws(RegionError) {
        self.binding = binding
        self.owner = owner
        bookkeeping = binding.bookkeeping
        let producer = try region.takeProducer(of: number, entry: FragDescriptor.self)
        ring = .allocate(capacity: 1)
        ring.initialize(to: producer)
    }

    deinit {
        ring.deinitialize(count: 1)
        ring.deallocate()
    }

    var statistics: RingStatistics { ring.pointee.statistics }

    /// What ended a pass over a socket.
    private enum Pause {
        /// Nothing is left that can be delivered now.
        case drained
        /// The ring has no room for what is left.
        case full
    }

    /// Moves what a socket has queued into the ring, as far as there is room.
    ///
    /// What does not fit stays in its socket's queue with no token made, and the flags word asks the consumer for a kick
    /// (S16, R19).
    ///
    /// - Returns: entries made.
    func deliver(_ socket: Socket, cost: inout CostMeter) -> Int {
        var delivered = 0
        var deliveredBefore: Int?
        while deliverQueue(of: socket, &delivered, &cost) == .full {
            // Still set from the last time, or set now and the ring is still full: the consumer will kick us. Room that
            // cannot be had twice is there because the consumer's index lies: it gets no third pass.
            guard asksForKick || ring.pointee.prepareToSleep() || deliveredBefore == delivered else {
                deliveredBefore = delivered
                continue
            }
            full &+= 1
            asksForKick = true
            if !waiting.contains(where: { $0 === socket }) { waiting.append(socket) }
            return delivered
        }
        forget(socket)
        return delivered
    }

    /// Puts what just came in into the ring, past the queue of its socket, in which nothing may wait. Not timed: the driver's poll
    /// is, as a whole.
    ///
    /// - Parameter packets: of this ring's binding.
    /// - Returns: how many; the rest is still the caller's.
    @inline(__always)
    func deliver(_ packets: DriverPackets, of socket: Socket) -> Int {
        guard socket.announcedBytes == 0 else { return 0 }
        return bookkeeping.issue(packets, to: owner, into: DeliveryWriter(ring, for: socket))
    }

    /// The consumer made room: serves the sockets that wait for it.
    ///
    /// - Returns: entries made.
    func deliverWaiting(cost: inout CostMeter) -> Int {
        var delivered = 0
        for socket in waiting { delivered += deliver(socket, cost: &cost) }
        return delivered
    }

    /// Whether the consumer asked to be woken. A full fence; ask after `deliver`.
    func consumerSleeps() -> Bool { ring.pointee.needsWakeup() }

    /// A socket waits no longer. Our flags word is touched only when it is set: the consumer has it cached.
    func forget(_ socket: Socket) {
        if !waiting.isEmpty { waiting.removeAll { $0 === socket } }
        guard asksForKick, waiting.isEmpty else { return }
        ring.pointee.finishSleep()
        asksForKick = false
    }

    private func deliverQueue(of socket: Socket, _ delivered: inout Int, _ cost: inout CostMeter) -> Pause {
        while !socket.isClosed, socket.announcedBytes == 0 {
            let start = CostMeter.start()
            let (moved, tokens, pause) = deliverBatch(of: socket)
            if moved > 0 {
                cost.add(since: start, tokens: tokens)
                delivered += moved
            }
            if let pause { return pause }
        }
        return .drained
    }

    private func deliverBatch(of socket: Socket) -> (moved: Int, tokens: Int, pause: Pause?) {
        withUnsafeTemporaryAllocation(of: Frag.self, capacity: TrafficSource.mostFrags) { frags in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: TrafficSource.mostFrags) { tokens in
                let queued = socket.queue.peek(into: frags)
                guard queued > 0, let names = tokens.baseAddress else { return end(socket) }
                let ours = ownFrags(frags[..<queued])
                guard ours > 0 else { return announce(frags[0], of: socket) }
                let slots = ring.pointee.reserve(upTo: UInt32(ours))
                guard !slots.isEmpty else { return (0, 0, .full) }
                let batch = UnsafeBufferPointer(rebasing: frags[..<Int(slots.count)])
                let issued = bookkeeping.issue(batch, of: ours, to: owner, tokens: names)
                submit(batch, issued, names, slots, of: socket)
                socket.queue.advance(issued)
                // The skb is eaten. A kick comes from process context, so never straight into the softirq cache.
                for frag in batch[..<issued] { frag.free(inSoftirq: false) }
                return (issued, issued, issued < batch.count ? .drained : nil)
            }
        }
    }

    /// Writes entries for the first `issued` fragments and publishes them; the other slots go back.
    @inline(__always)
    private func submit(
        _ batch: UnsafeBufferPointer<Frag>, _ issued: Int, _ tokens: UnsafeMutablePointer<UInt32>, _ slots: RingBatch,
        of socket: Socket
    ) {
        ring.pointee.cancel(slots.count - UInt32(issued))
        let cookie = socket.cookie
        ring.pointee.write(RingBatch(first: slots.first, count: UInt32(issued))) { position in
            let frag = batch[Int(position)]
            return FragDescriptor(
                frag.dmabufOffset, frag.size, token: tokens[Int(position)], cookie: cookie,
                isLast: Int(position) == issued &- 1)
        }
        ring.pointee.submit(UInt32(issued))
    }

    /// How many fragments at the front are of this binding: a ring belongs to one (R9).
    private func ownFrags(_ frags: Slice<UnsafeMutableBufferPointer<Frag>>) -> Int {
        let ours = Unmanaged.passUnretained(binding.pool).toOpaque()
        var count = 0
        for frag in frags {
            guard frag.kind == .dmabuf, frag.pool?.toOpaque() == ours else { break }
            count += 1
        }
        return count
    }

    /// An entry without a token: so many bytes are in the socket and not in our dmabuf. Nothing more of it comes before they
    /// were read.
    private func announce(_ frag: Frag, of socket: Socket) -> (Int, Int, Pause?) {
        guard write(size: frag.size, flags: UInt32(TOKEN_RING_FRAG_LINEAR), of: socket) else { return (0, 0, .full) }
        socket.announcedBytes = Int(frag.size)
        return (1, 0, .drained)
    }

    /// The end of the stream, once, behind its data.
    private func end(_ socket: Socket) -> (Int, Int, Pause?) {
        guard socket.hasEnded, !socket.endWasDelivered else { return (0, 0, .drained) }
        guard write(size: 0, flags: UInt32(TOKEN_RING_FRAG_END), of: socket) else { return (0, 0, .full) }
        socket.endWasDelivered = true
        return (1, 0, .drained)
    }

    private func write(size: UInt32, flags: UInt32, of socket: Socket) -> Bool {
        let slot = ring.pointee.reserve(1)
        guard !slot.isEmpty else { return false }
        ring.pointee.write(
            FragDescriptor(
                frag_offset: 0, frag_size: size, frag_token: 0, socket_cookie: socket.cookie, flags: flags, reserved: 0),
            at: slot.first)
        ring.pointee.submit(1)
        return true
    }
}
