/// The figures of one proposal under an open-loop load, a value a run.
struct ProfileFigures: Sendable {
    let runs: [ProfileRun]
    let clock: TickClock

    /// One column: its JSON key, what kind of number it is, and its runs.
    struct Column: Sendable {
        let key: String
        let evidence: Evidence
        let values: Repetitions
    }

    static let idleKey = "worker_idle_percent"
    static let fruitlessKey = "worker_fruitless_percent"
    static let stolenKey = "worker_stolen_percent"
    static let workKey = "worker_ns_per_token"
    static let referenceKey = "reference_ns_per_token"
    static let savedKey = "saved_ns_per_token"
    static let offeredKey = "offered_tokens_per_s"
    static let softirqKey = "softirq_busy_percent"
    static let rateKey = "tokens_per_s"
    static let dropsKey = "drops"
    static let callsKey = "syscalls_per_1000_tokens"
    static let callRateKey = "syscalls_per_s"

    /// All columns.
    var all: [Column] {
        [
            column(Self.idleKey, .kernelAndModel) { $0.outcome.idlePercent },
            column(Self.fruitlessKey, .kernelAndModel) { part($0, \.fruitless) },
            column(Self.stolenKey, .kernel) { part($0, \.stolen) },
            column(Self.workKey, .kernelAndModel) { $0.outcome.workNanosecondsPerToken(clock) },
            column(Self.referenceKey, .kernelAndModel) { $0.referenceNanosecondsPerToken },
            column(Self.savedKey, .kernelAndModel) {
                $0.referenceNanosecondsPerToken - $0.outcome.workNanosecondsPerToken(clock)
            },
            column(Self.offeredKey, .kernelAndModel) { $0.schedule.tokensPerSecond },
            column(Self.softirqKey, .model) {
                100 * Double($0.outcome.traffic.time.fruitful) / Double(max(1, $0.outcome.traffic.time.span))
            },
            column(Self.rateKey, .kernelAndModel) { Double($0.outcome.consumer.received) / seconds($0) },
            column(Self.dropsKey, .model) { Double($0.outcome.traffic.dropped) },
            column(Self.callsKey, .model) {
                1000 * Double($0.outcome.consumer.calls) / Double(max(1, $0.outcome.consumer.received))
            },
            column(Self.callRateKey, .model) { Double($0.outcome.consumer.calls) / seconds($0) },
        ]
    }

    /// How long it took from when a burst was due to when the worker was done with it, all runs together; nil if each had drops.
    var latency: LatencyHistogram? {
        let each = runs.compactMap(\.outcome.latency)
        return each.dropFirst().reduce(into: each.first) { $0?.add($1) }
    }

    /// Of that column.
    func values(_ key: String) -> Repetitions { all.first { $0.key == key }?.values ?? Repetitions([]) }

    private func column(_ key: String, _ evidence: Evidence, _ value: (ProfileRun) -> Double) -> Column {
        Column(key: key, evidence: evidence, values: Repetitions(runs.map(value)))
    }

    private func part(_ run: ProfileRun, _ ticks: KeyPath<WorkerTime, UInt64>) -> Double {
        let worker = run.outcome.consumer.worker
        return worker.span == 0 ? 0 : 100 * Double(worker[keyPath: ticks]) / Double(worker.span)
    }

    /// How long fragments arrived.
    private func seconds(_ run: ProfileRun) -> Double {
        max(1, Double(run.outcome.traffic.time.span)) * clock.nanosecondsPerTick / 1e9
    }
}

extension ProposalRun.Outcome {
    /// The part of its time that the worker did not need, in percent: what is not spent in looks that found something. A
    /// fragment that was refused counts as the work that an accepted one took, so that a run that could not let in all that was
    /// offered does not look idle.
    var idlePercent: Double {
        let worker = consumer.worker
        guard worker.span > 0, traffic.offered > traffic.dropped else { return 0 }
        let refused = Double(traffic.offered) / Double(traffic.offered - traffic.dropped)
        return max(0, 100 * (1 - Double(worker.fruitful) * refused / Double(worker.span)))
    }

    /// What the worker spends on a token: its fruitful looks.
    func workNanosecondsPerToken(_ clock: TickClock) -> Double {
        Double(consumer.worker.fruitful) * clock.nanosecondsPerTick / Double(max(1, consumer.received))
    }
}
