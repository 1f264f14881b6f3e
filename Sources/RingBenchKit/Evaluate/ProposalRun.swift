import CTokenRing
import RingKernelModel
import Synchronization
import TokenRing

/// One repetition of one proposal: softirq on one core, the application on the other, until `load.tokens` fragments have
/// gone round; then the books are checked. A run whose check fails has no result.
struct ProposalRun {
    let composition: Composition
    var load: Load
    let depth: StreamContent.Depth
    /// CPU of softirq and of the application.
    let cpus: (kernel: Int?, consumer: Int?)
    /// What the application's threads enter the real kernel by, one each; without one a thread enters nothing.
    var crossings: [LiveCrossing] = []
    /// When fragments arrive; nil lets them in as fast as windows open, `load.tokens` of them.
    var schedule: ArrivalSchedule?
    /// The program that runs the consumer in a process of its own; nil keeps it in this one.
    var consumerProgram: String?
    /// How the whole run is made in a fresh process; nil makes it in this one.
    var fresh: FreshProcesses?
    /// What the source writes by, if not what the consumer expects: every fragment is wrong then. Shows that the check can fail.
    var sourceSeed: UInt64?
    /// What the application does wrong with one token, for the same purpose.
    var returnFault: ReturnFault?
    /// What it wastes, if its process is the kernel's.
    var handicap = Handicap.none

    /// What one repetition measured.
    struct Outcome: Codable, Sendable {
        var consumer: ConsumerCosts
        var issue: CostMeter
        var release: CostMeter
        var traffic: Softirq.Outcome
        var wallNanoseconds: Int64
        /// From when fragments were due to when they were dealt with; nil without a schedule, or if one was refused.
        var latency: LatencyHistogram?
        /// What the fresh process suffered that made it; nil: this one made it.
        var disturbances: ProcessDisturbances?

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
        if let fresh { return try FreshRun.outcome(of: self, by: fresh) }
        let kernel: Kernel
        do {
            var configuration = load.kernelConfiguration(depth: depth, threads: threads)
            configuration.seed = sourceSeed ?? load.seed
            kernel = try Kernel(composition, configuration)
        } catch {
            throw Failure(.systemCall, "\(composition.name): \(error)")
        }
        do throws(Failure) {
            return try run(kernel)
        } catch {
            // A ring set and its binding hold each other until it is closed.
            kernel.closeRings()
            throw error
        }
    }

    /// The same, and what it suffered in a fresh process into `window`.
    func run(in window: inout MeasuringWindow) throws(Failure) -> Outcome {
        let outcome = try run()
        window.add(outcome.disturbances)
        return outcome
    }

    /// The same with at most so many tokens, all at once, in this process: for windows that are thrown away.
    func warmUp(tokens: Int) throws(Failure) -> Outcome {
        var run = self
        run.load.tokens = min(load.tokens, tokens)
        // Setting a large pool up would take longer than the run.
        run.load.niovs = min(load.niovs, max(4096, 2 * load.mostTokensOut))
        (run.schedule, run.consumerProgram, run.fresh) = (nil, nil, nil)
        return try run.run()
    }

    private func run(_ kernel: Kernel) throws(Failure) -> Outcome {
        let stop = StopFlag()
        let progress = RunProgress(threads: threads, goal: schedule == nil ? load.tokens : nil)
        let softirq = try startSoftirq(Softirq(kernel: kernel, load: load, progress: progress, stop: stop))
        let times =
            consumerProgram == nil ? schedule.map { DeliveryTimes($0, burst: load.fragsPerPoll, load: load) } : nil
        let start = ctr_monotonic_ns()
        let result = Result { () throws(Failure) in
            if let consumerProgram { return try ConsumerProcess.serve(kernel, run: self, program: consumerProgram) }
            return try consumeInThreads(kernel, progress, times)
        }
        let wall = ctr_monotonic_ns() - start
        stop.raise()
        let traffic = softirq.join()
        let consumer: ConsumerCosts
        do {
            consumer = try result.get()
        } catch  where error.kind == .invariantBroken {
            throw Failure(error.kind, "\(error); \(traffic.offered) were offered and \(traffic.dropped) refused")
        }
        for ringSet in kernel.ringSets { while ringSet.flush() > 0 {} }
        try verify(kernel, consumer, expected: traffic.offered - traffic.dropped)
        let costs = kernel.costs
        try tearDown(kernel)
        return Outcome(
            consumer: consumer, issue: costs.issue, release: costs.release, traffic: traffic, wallNanoseconds: wall,
            latency: traffic.dropped == 0 ? times?.histogram(since: traffic.start) : nil)
    }

    /// Threads of the application.
    private var threads: Int { ConsumerPlan.threads(composition, load) }

    private func startSoftirq(_ softirq: Softirq) throws(Failure) -> PinnedThread<Softirq.Outcome> {
        let schedule = schedule
        return try startThread(cpus.kernel) { schedule.map(softirq.runOpen) ?? softirq.runClosed() }
    }

    private func consumeInThreads(
        _ kernel: Kernel, _ progress: RunProgress, _ times: DeliveryTimes?
    ) throws(Failure) -> ConsumerCosts {
        let rings: ConsumerRings
        do {
            rings = try ConsumerRings(composition, kernel.ringSets)
        } catch {
            throw Failure(.systemCall, "\(composition.name): \(error)")
        }
        let payload = UnsafeRawBufferPointer(
            start: kernel.binding.memory.base, count: kernel.binding.memory.byteCount)
        let checker = StreamChecker(load: load, depth: depth, payload: payload)
        var workers: [PinnedThread<Result<ConsumerCosts, Failure>>] = []
        for thread in 0..<threads {
            let crossing = thread < crossings.count ? crossings[thread].crossing : .none
            let application = Application(
                composition: composition, load: load, rings: rings, checker: checker, progress: progress,
                kernel: kernel, crossing: crossing,
                calls: kernel.ringSets.map { .direct(.passUnretained($0), crossing) }, thread: thread,
                sharesCore: threads > 1, fault: thread == 0 ? returnFault : nil, handicap: handicap,
                times: times?.notes)
            let name = composition.name
            // More threads than cores share the consumer's: the model has no more to give.
            workers.append(
                try startThread(cpus.consumer) {
                    Result { () throws(Failure) in
                        var watch = Watchdog()
                        let costs = try application.run(&watch)
                        try watch.check(received: costs.received, in: name)
                        return costs
                    }
                })
        }
        let results = workers.map { $0.join() }
        return try withExtendedLifetime((rings, checker, kernel, crossings, times)) { () throws(Failure) in
            var sum = ConsumerCosts()
            for result in results { sum += try result.get() }
            return sum
        }
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

    /// Before anything is closed: each byte was right, each token came back once, and every buffer is in the pool.
    private func verify(_ kernel: Kernel, _ consumer: ConsumerCosts, expected: Int) throws(Failure) {
        let (issued, released) = (kernel.costs.issue.allTokens, kernel.costs.release.allTokens)
        let audit = kernel.binding.pool.audit
        let checks: [(Bool, String)] = [
            (consumer.corrupt == 0, "\(consumer.corrupt) fragments did not hold the bytes that the source wrote"),
            (
                consumer.received == expected && consumer.returned == expected,
                "\(expected) fragments came in, \(consumer.received) were received, \(consumer.returned) returned"
            ),
            (
                consumer.refusedReturns == 0 && kernel.refusals.total == 0,
                "\(kernel.refusals.total) returned tokens were refused: \(kernel.refusals)"
            ),
            (audit.isWhole, "the page pool is not whole: \(audit)"),
            (
                issued == expected && released == expected,
                "the kernel issued \(issued) and took back \(released) of \(expected) tokens"
            ),
        ]
        for (holds, sentence) in checks where !holds {
            throw Failure(.invariantBroken, "\(composition.name): \(sentence); no number is printed")
        }
    }

    private func tearDown(_ kernel: Kernel) throws(Failure) {
        kernel.closeRings()
        for socket in kernel.sockets { kernel.close(socket) }
        for binding in kernel.bindings { kernel.unbind(binding) }
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
    borrowing func check(received: Int, in name: String) throws(Failure) {
        switch reason {
        case .interrupted: throw Failure(.interrupted, "interrupted")
        case .stuck:
            throw Failure(
                .invariantBroken,
                "\(name): stuck after \(received) fragments: a token, a buffer or a wakeup was lost")
        case nil: break
        }
    }
}
