import CTokenRing
import RingKernelModel
import TokenRing

/// The application of `recvmsg` and `SO_DEVMEM_DONTNEED`: for each flow in turn it receives, reads the payload, gathers
/// tokens, and returns them when the batch is full. One thread serves all flows.
struct SocketConsumer: ~Copyable {
    private let kernel: Kernel
    private let load: Load
    private let crossing: any Crossing
    private var checker: StreamChecker
    private let control: UnsafeMutableRawBufferPointer
    private let frags: UnsafeMutableBufferPointer<ReceivedFrag>
    private let pending: UnsafeMutablePointer<TokenRange>
    private let pendingCounts: UnsafeMutablePointer<Int>

    init(kernel: Kernel, load: Load, depth: StreamContent.Depth, crossing: any Crossing) {
        self.kernel = kernel
        self.load = load
        self.crossing = crossing
        checker = StreamChecker(
            load: load, depth: depth,
            payload: UnsafeRawBufferPointer(start: kernel.binding.memory.base, count: kernel.binding.memory.byteCount))
        control = .allocate(byteCount: load.fragsPerRead * ControlMessages.space, alignment: 8)
        frags = .allocate(capacity: load.fragsPerRead)
        pending = .allocate(capacity: load.flows * load.returnBatch)
        pendingCounts = .allocate(capacity: load.flows)
        pendingCounts.initialize(repeating: 0, count: load.flows)
    }

    deinit {
        control.deallocate()
        frags.deallocate()
        pending.deallocate()
        pendingCounts.deallocate()
    }

    /// Receives and returns `load.tokens` fragments, or stops early when `watch` says so.
    mutating func run(_ watch: inout Watchdog) -> ConsumerCosts {
        var costs = ConsumerCosts()
        var receive = CostMeter()
        var returning = CostMeter()
        while costs.received < load.tokens, watch.mayContinue(progress: costs.received) {
            for flow in 0..<load.flows {
                let result = kernel.recvmsg(on: flow, length: load.readBytes, control: control)
                guard result.bytes > 0 else {
                    ctr_pause()
                    continue
                }
                crossing.receive()
                costs.receiveCalls += 1
                costs.copiedBytes += result.controlBytes
                let count = parse(result, &receive)
                costs.received += count
                for position in 0..<count { checker.check(frags[position], flow: flow) }
                giveBack(count, flow: flow, &returning, &costs)
            }
        }
        for flow in 0..<load.flows { flush(flow, &costs) }
        costs.receive = .init(receive)
        costs.returning = .init(returning)
        costs.corrupt = checker.corrupt
        return costs
    }

    private func parse(_ result: ReceiveResult, _ meter: inout CostMeter) -> Int {
        let start = CostMeter.start()
        var count = 0
        ControlMessages.forEach(in: UnsafeRawBufferPointer(control), length: result.controlBytes) { frag in
            frags[count] = frag
            count += 1
        }
        meter.add(since: start, tokens: count)
        return count
    }

    /// One range a token, as kperf does: token_count is always 1.
    private func giveBack(_ count: Int, flow: Int, _ meter: inout CostMeter, _ costs: inout ConsumerCosts) {
        var done = 0
        while done < count {
            let start = CostMeter.start()
            let held = pendingCounts[flow]
            let added = min(count - done, load.returnBatch - held)
            let place = pending + flow * load.returnBatch + held
            for position in 0..<added {
                place[position] = TokenRange(token_start: frags[done + position].token, token_count: 1)
            }
            pendingCounts[flow] = held + added
            meter.add(since: start, tokens: added)
            done += added
            if pendingCounts[flow] == load.returnBatch { flush(flow, &costs) }
        }
    }

    private func flush(_ flow: Int, _ costs: inout ConsumerCosts) {
        let count = pendingCounts[flow]
        guard count > 0 else { return }
        pendingCounts[flow] = 0
        let tokens = UnsafeRawBufferPointer(
            start: pending + flow * load.returnBatch, count: count * MemoryLayout<TokenRange>.stride)
        crossing.dontNeed()
        costs.returnCalls += 1
        costs.copiedBytes += tokens.count
        let released = kernel.dontNeed(on: flow, tokens)
        costs.returned += max(0, released)
        if released != count { costs.refusedReturns += count - max(0, released) }
    }
}
