import CTokenRing
import RingKernelModel
import Synchronization
import TokenRing

/// One repetition of one proposal: softirq on one core, the application on the other, until `load.tokens` fragments have
/// gone round; then the books are checked. A run whose check fails has no result.
struct ProposalRun {
    let composition: Composition
    let load: Load
    let depth: StreamContent.Depth
    /// CPU of softirq and of the application.
    let cpus: (kernel: Int?, consumer: Int?)
    let crossing: any Crossing
    /// The program that runs the consumer in a process of its own; nil keeps it in this one.
    var consumerProgram: String?
    /// What the source writes by, if not what the consumer expects: every fragment is wrong then. Shows that the check can fail.
    var sourceSeed: UInt64?

    /// What one repetition measured.
    struct Outcome: Sendable {
        var consumer: ConsumerCosts
        var issue: CostMeter
        var release: CostMeter
        var wallNanoseconds: Int64

        /// Batches of all phases that were left out because the thread was off its core.
        var disturbedBatches: UInt64 {
            consumer.receive.disturbedBatches + consumer.returning.disturbedBatches + issue.disturbedBatches
                + release.disturbedBatches
        }
    }

    /// Runs and checks.
    ///
    /// - Throws: `Failure`: `.invariantBroken` when a byte, token or buffer is not where it must be, `.interrupted`.
    func run() throws(Failure) -> Outcome {
        let kernel: Kernel
        do {
            var configuration = load.kernelConfiguration(depth: depth)
            configuration.seed = sourceSeed ?? load.seed
            kernel = try Kernel(composition, configuration)
        } catch {
            throw Failure(.systemCall, "\(composition.name): \(error)")
        }
        let stop = StopFlag()
        let softirq = try startSoftirq(kernel, stop)
        let start = ctr_monotonic_ns()
        let result = Result { () throws(Failure) in
            if let consumerProgram { return try ConsumerProcess.serve(kernel, run: self, program: consumerProgram) }
            return try consumeInThread(kernel)
        }
        let wall = ctr_monotonic_ns() - start
        stop.raise()
        softirq.join()
        let consumer = try result.get()
        if kernel.ringSet != nil { _ = kernel.flush() }
        try verify(kernel, consumer)
        let costs = kernel.costs
        try tearDown(kernel)
        return Outcome(consumer: consumer, issue: costs.issue, release: costs.release, wallNanoseconds: wall)
    }

    /// Receives exactly `load.tokens` fragments, the flows in turn, and goes on delivering until told to stop.
    private func startSoftirq(_ kernel: Kernel, _ stop: StopFlag) throws(Failure) -> PinnedThread<Void> {
        let load = load
        return try startThread(cpus.kernel) {
            var left = load.tokens
            while !stop.isRaised {
                var moved = 0
                for flow in 0..<load.flows {
                    let burst = min(left, load.fragsPerRead, Arrival.mostFrags)
                    let received = kernel.softirq(flow: flow, burst: burst)
                    left -= received.received
                    moved += received.received + received.delivered
                }
                if moved == 0 { ctr_pause() }
            }
        }
    }

    private func consumeInThread(_ kernel: Kernel) throws(Failure) -> ConsumerCosts {
        let run = self
        return try startThread(cpus.consumer) { Result { () throws(Failure) in try run.consume(kernel) } }.join().get()
    }

    private func startThread<Value: Sendable>(
        _ cpu: Int?, _ work: @escaping @Sendable () -> Value
    ) throws(Failure) -> PinnedThread<Value> {
        do throws(SystemCallError) {
            return try PinnedThread(cpu: cpu, work)
        } catch {
            throw Failure(error)
        }
    }

    private func consume(_ kernel: Kernel) throws(Failure) -> ConsumerCosts {
        var watch = Watchdog()
        let costs: ConsumerCosts
        if let ringSet = kernel.ringSet {
            do {
                var consumer = try RingConsumer(
                    region: ringSet.region, payload: kernel.binding.memory, load: load, depth: depth,
                    calls: DirectRingCalls(kernel: kernel, crossing: crossing))
                costs = consumer.run(&watch)
            } catch {
                throw Failure(.systemCall, "\(composition.name): \(error)")
            }
        } else {
            var consumer = SocketConsumer(kernel: kernel, load: load, depth: depth, crossing: crossing)
            costs = consumer.run(&watch)
        }
        try watch.check(received: costs.received, of: load.tokens, in: composition.name)
        return costs
    }

    /// Before anything is closed: each byte was right, each token came back once, and every buffer is in the pool.
    private func verify(_ kernel: Kernel, _ consumer: ConsumerCosts) throws(Failure) {
        let audit = kernel.binding.pool.audit
        let checks: [(Bool, String)] = [
            (consumer.corrupt == 0, "\(consumer.corrupt) fragments did not hold the bytes that the source wrote"),
            (
                consumer.received == load.tokens && consumer.returned == load.tokens,
                "\(load.tokens) tokens went out, \(consumer.received) were received, \(consumer.returned) returned"
            ),
            (
                consumer.refusedReturns == 0 && kernel.refusals.total == 0,
                "\(kernel.refusals.total) returned tokens were refused: \(kernel.refusals)"
            ),
            (audit.isWhole, "the page pool is not whole: \(audit)"),
            (
                kernel.costs.issue.allTokens == load.tokens && kernel.costs.release.allTokens == load.tokens,
                "the kernel issued \(kernel.costs.issue.allTokens) and took back \(kernel.costs.release.allTokens) tokens"
            ),
        ]
        for (holds, sentence) in checks where !holds {
            throw Failure(.invariantBroken, "\(composition.name): \(sentence); no number is printed")
        }
    }

    private func tearDown(_ kernel: Kernel) throws(Failure) {
        kernel.closeRings()
        for flow in 0..<load.flows { kernel.close(flow) }
        kernel.unbind(kernel.binding)
        guard kernel.binding.pool.audit.isWhole else {
            throw Failure(
                .invariantBroken, "\(composition.name): closing broke the page pool: \(kernel.binding.pool.audit)")
        }
    }
}

/// Tells a thread to end.
final class StopFlag: Sendable {
    private let raised = Atomic<Bool>(false)
    var isRaised: Bool { raised.load(ordering: .relaxed) }
    func raise() { raised.store(true, ordering: .relaxed) }
}

extension Watchdog {
    /// Turns an early end into a failure.
    borrowing func check(received: Int, of tokens: Int, in name: String) throws(Failure) {
        switch reason {
        case .interrupted: throw Failure(.interrupted, "interrupted")
        case .stuck:
            throw Failure(
                .invariantBroken,
                "\(name): stuck at \(received) of \(tokens) fragments: a token, a buffer or a wakeup was lost")
        case nil: break
        }
    }
}
