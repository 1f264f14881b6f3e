import CTokenRing
import RingKernelModel
import TokenRing

/// The application of the mapped rings: it peeks fragments, reads the payload, and puts tokens into the return ring. It
/// enters the kernel only to be given what did not fit (kick) and when the return ring is full (flush).
///
/// The same code runs beside the kernel's thread and in a process of its own.
struct RingConsumer: ~Copyable {
    private static let most: UInt32 = 64

    private var delivery: ConsumerRing<MappedRingMemory<FragDescriptor>>
    private var returns: ProducerRing<MappedRingMemory<TokenRange>>
    private let load: Load
    private let calls: any RingCalls
    private var checker: StreamChecker
    private let frags: UnsafeMutablePointer<ReceivedFrag>
    private let flows: UnsafeMutablePointer<Int>
    private let pending: UnsafeMutablePointer<TokenRange>
    private var pendingCount = 0

    /// Takes the consumer's ends of `region`.
    init(
        region: RingRegion, payload: Mapping, load: Load, depth: StreamContent.Depth, calls: any RingCalls
    ) throws(RegionError) {
        let consumer = try region.takeConsumer(of: RingSet.deliveryRing, entry: FragDescriptor.self)
        let producer = try region.takeProducer(of: RingSet.returnRing, entry: TokenRange.self)
        delivery = consumer
        returns = producer
        self.load = load
        self.calls = calls
        checker = StreamChecker(
            load: load, depth: depth, payload: UnsafeRawBufferPointer(start: payload.base, count: payload.byteCount))
        frags = .allocate(capacity: Int(Self.most))
        flows = .allocate(capacity: Int(Self.most))
        pending = .allocate(capacity: load.returnBatch)
    }

    deinit {
        frags.deallocate()
        flows.deallocate()
        pending.deallocate()
    }

    /// Receives and returns `load.tokens` fragments, or stops early when `watch` says so.
    mutating func run(_ watch: inout Watchdog) -> ConsumerCosts {
        var costs = ConsumerCosts()
        var receive = CostMeter()
        var returning = CostMeter()
        while costs.received < load.tokens, watch.mayContinue(progress: costs.received) {
            let count = take(&receive)
            guard count > 0 else {
                if delivery.needsWakeup() {
                    calls.kick()
                    costs.wakeupCalls += 1
                } else {
                    ctr_pause()
                }
                continue
            }
            costs.received += count
            for position in 0..<count { checker.check(frags[position], flow: flows[position]) }
            giveBack(count, &returning, &costs, &watch)
        }
        submitPending(&returning, &costs, &watch)
        costs.receive = .init(receive)
        costs.returning = .init(returning)
        costs.corrupt = checker.corrupt
        return costs
    }

    private mutating func take(_ meter: inout CostMeter) -> Int {
        let start = CostMeter.start()
        let batch = delivery.peek(upTo: Self.most)
        guard !batch.isEmpty else { return 0 }
        for offset in 0..<batch.count {
            let entry = delivery.read(at: batch[offset])
            frags[Int(offset)] = ReceivedFrag(
                offset: entry.frag_offset, size: entry.frag_size, token: entry.frag_token)
            flows[Int(offset)] = Int(truncatingIfNeeded: entry.socket_cookie)
        }
        delivery.release(batch.count)
        meter.add(since: start, tokens: Int(batch.count))
        return Int(batch.count)
    }

    private mutating func giveBack(
        _ count: Int, _ meter: inout CostMeter, _ costs: inout ConsumerCosts, _ watch: inout Watchdog
    ) {
        var done = 0
        while done < count {
            let start = CostMeter.start()
            let added = min(count - done, load.returnBatch - pendingCount)
            for position in 0..<added {
                pending[pendingCount + position] = TokenRange(token_start: frags[done + position].token, token_count: 1)
            }
            pendingCount += added
            meter.add(since: start, tokens: added)
            done += added
            if pendingCount == load.returnBatch { submitPending(&meter, &costs, &watch) }
        }
    }

    private mutating func submitPending(
        _ meter: inout CostMeter, _ costs: inout ConsumerCosts, _ watch: inout Watchdog
    ) {
        var done = 0
        while done < pendingCount {
            let start = CostMeter.start()
            let slots = returns.reserve(upTo: UInt32(pendingCount - done))
            for offset in 0..<slots.count { returns.write(pending[done + Int(offset)], at: slots[offset]) }
            returns.submit(slots.count)
            meter.add(since: start, tokens: 0)
            done += Int(slots.count)
            guard slots.isEmpty else { continue }
            // Full: the flush call is the slow path (S17, R20).
            calls.flush()
            costs.returnCalls += 1
            guard watch.mayContinue(progress: costs.returned + done) else { break }
        }
        costs.returned += done
        pendingCount = 0
    }
}

/// The calls that a ring's owner may make.
protocol RingCalls: Sendable {
    /// Deliver what waits: there is room now.
    func kick()
    /// Take back what is in the return ring.
    func flush()
}

/// Into the model kernel in this process, with a real call across the boundary for each.
struct DirectRingCalls: RingCalls {
    let kernel: Kernel
    let crossing: any Crossing

    func kick() {
        crossing.wakeup()
        _ = kernel.kick()
    }

    func flush() {
        crossing.wakeup()
        _ = kernel.flush()
    }
}
