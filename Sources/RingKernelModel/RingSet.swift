import CTokenRing
import Synchronization
import TokenRing

/// The kernel's side of a binding's mapped rings: it produces into the delivery ring and consumes the return ring.
///
/// Whoever holds the region's descriptor is the owner; the kernel trusts nothing that it reads from the rings. All
/// entries here run under one lock, as softirq, a flush and a kick may meet.
public final class RingSet: @unchecked Sendable {
    /// The mapped memory; its descriptor goes to the consumer.
    public let region: RingRegion
    /// Ring numbers in the region.
    public static let deliveryRing = 0
    /// Ring numbers in the region.
    public static let returnRing = 1

    /// Entries taken in one pass in softirq, and buffers after which it stops, as zcrx's refill does (sources.md 2.4).
    private static let mostEntriesPerPass: UInt32 = 1024
    private static let enoughBuffers = 64
    private static let batch: UInt32 = 64

    /// What the lock guards, on the heap so that access through the class costs no exclusivity check.
    private struct State: ~Copyable {
        var delivery: ProducerRing<MappedRingMemory<FragDescriptor>>
        var returns: ConsumerRing<MappedRingMemory<TokenRange>>
        var issue = CostMeter()
        var release = CostMeter()
        /// Whether our flags word asks the consumer for a kick.
        var asksForKick = false
    }

    private let state: UnsafeMutablePointer<State>
    private let binding: Binding
    private let bookkeeping: any TokenBookkeeping
    private let lock = SpinLock()

    init(
        binding: Binding, bookkeeping: any TokenBookkeeping, deliveryEntries: UInt32, returnEntries: UInt32,
        startIndex: UInt32
    ) throws(RegionError) {
        self.binding = binding
        self.bookkeeping = bookkeeping
        region = try RingRegion.create([
            RingSpecification(.delivery, capacity: deliveryEntries, startIndex: startIndex),
            RingSpecification(.returning, capacity: returnEntries, startIndex: startIndex),
        ])
        let delivery = try region.takeProducer(of: Self.deliveryRing, entry: FragDescriptor.self)
        let returns = try region.takeConsumer(of: Self.returnRing, entry: TokenRange.self)
        state = .allocate(capacity: 1)
        state.initialize(to: State(delivery: delivery, returns: returns))
    }

    deinit {
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// What delivering and taking back have cost. Exact only when no thread is in the model.
    var costs: (issue: CostMeter, release: CostMeter) { (state.pointee.issue, state.pointee.release) }

    /// What the kernel saw of the rings: lying indices, full and empty looks.
    public var statistics: (delivery: RingStatistics, returns: RingStatistics) {
        lock.withLock { (state.pointee.delivery.statistics, state.pointee.returns.statistics) }
    }

    /// Moves what the sockets have queued into the delivery ring, as far as there is room.
    ///
    /// What does not fit stays in its socket's queue with no token made, and the flags word asks the consumer for a kick
    /// (S16, R19).
    ///
    /// - Returns: fragments delivered.
    func deliver(_ sockets: [Socket]) -> Int {
        lock.withLock {
            var delivered = 0
            while true {
                for socket in sockets { delivered += deliverQueue(of: socket) }
                guard sockets.contains(where: { $0.isUser && $0.queue.count > 0 }) else {
                    stopAsking()
                    break
                }
                // Still set from the last time, or set now and the ring is still full: the consumer will kick us.
                if state.pointee.asksForKick || state.pointee.delivery.prepareToSleep() {
                    state.pointee.asksForKick = true
                    break
                }
            }
            return delivered
        }
    }

    /// Clears our flags word, and touches it only when it is set: the consumer has it cached.
    private func stopAsking() {
        guard state.pointee.asksForKick else { return }
        state.pointee.delivery.finishSleep()
        state.pointee.asksForKick = false
    }

    private func deliverQueue(of socket: Socket) -> Int {
        guard socket.join(binding) else { return 0 }
        var delivered = 0
        while true {
            let start = CostMeter.start()
            let moved = deliverBatch(of: socket)
            guard moved > 0 else { return delivered }
            state.pointee.issue.add(since: start, tokens: moved)
            delivered += moved
        }
    }

    private func deliverBatch(of socket: Socket) -> Int {
        withUnsafeTemporaryAllocation(of: Frag.self, capacity: TrafficSource.mostFrags) { frags in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: TrafficSource.mostFrags) { tokens in
                let queued = socket.queue.peek(into: frags)
                guard queued > 0, let names = tokens.baseAddress else { return 0 }
                let slots = state.pointee.delivery.reserve(upTo: UInt32(queued))
                let count = Int(slots.count)
                guard count > 0 else { return 0 }
                let batch = UnsafeBufferPointer(rebasing: frags[..<count])
                bookkeeping.issue(batch, on: socket, tokens: names)
                for position in 0..<count {
                    let frag = batch[position]
                    let isLast = position == count - 1
                    state.pointee.delivery.write(
                        FragDescriptor(
                            frag_offset: frag.dmabufOffset, frag_size: frag.size, frag_token: names[position],
                            socket_cookie: socket.cookie, flags: isLast ? UInt32(TOKEN_RING_FRAG_LAST) : 0, reserved: 0),
                        at: slots[UInt32(position)])
                }
                state.pointee.delivery.submit(slots.count)
                socket.queue.advance(count)
                // The skb is eaten. A kick comes from process context, so never straight into the softirq cache.
                for frag in batch { binding.pool.drop(frag.niov, inSoftirq: false) }
                return count
            }
        }
    }

    /// Takes back what is in the return ring, in softirq, until the page pool has enough or the pass is over (R11).
    func refill() {
        lock.withLock { _ = consumeReturns(until: Self.enoughBuffers, inSoftirq: true) }
    }

    /// Takes back all that is in the return ring now, in process context: the flush call.
    ///
    /// - Returns: tokens taken back.
    func flush() -> Int {
        lock.withLock { consumeReturns(until: .max, inSoftirq: false) }
    }

    private func consumeReturns(until enough: Int, inSoftirq: Bool) -> Int {
        var released = 0
        var entries: UInt32 = 0
        let most = enough == .max ? state.pointee.returns.capacity : Self.mostEntriesPerPass
        while released < enough, entries < most {
            let start = CostMeter.start()
            let batch = state.pointee.returns.peek(upTo: min(Self.batch, most - entries))
            guard !batch.isEmpty else { break }
            var taken = 0
            for offset in 0..<batch.count {
                // One copy, then only the copy (R1).
                let range = state.pointee.returns.read(at: batch[offset])
                var attempts = DontNeed.mostFrags
                taken += bookkeeping.release(
                    start: range.token_start, count: range.token_count, on: nil, attempts: &attempts,
                    inSoftirq: inSoftirq)
            }
            state.pointee.returns.release(batch.count)
            state.pointee.release.add(since: start, tokens: taken)
            entries += batch.count
            released += taken
        }
        return released
    }
}
