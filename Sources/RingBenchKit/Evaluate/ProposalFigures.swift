import RingKernelModel

/// One column of the comparison for one proposal: a value a repetition, and what kind of number it is.
struct Figure: Sendable {
    /// The JSON key, with its unit.
    let key: String
    let evidence: Evidence
    let repetitions: Repetitions
    /// What it is the sum of, medians.
    var terms: [Term] = []

    struct Term: Encodable, Sendable {
        let name: String
        let nanosecondsPerToken: Double
        let evidence: Evidence

        enum CodingKeys: String, CodingKey {
            case name, evidence
            case nanosecondsPerToken = "ns_per_token"
        }
    }
}

/// The figures of one proposal from the outcomes of its repetitions and the live costs of its calls.
///
/// A figure that counts crossings takes the live cost's repetition of the same number, so that its spread holds both.
struct ProposalFigures {
    let outcomes: [ProposalRun.Outcome]
    let crossing: CrossingCosts
    let clock: TickClock
    let load: Load
    let composition: Composition
    /// By which call tokens go back, and what it costs.
    let returnCall: (name: String, cost: Repetitions)

    private var tokens: Int { load.tokens }

    static let receiveKey = "receive_ns_per_token"
    static let returnKey = "return_ns_per_token"
    static let issueKey = "issue_ns_per_token"
    static let releaseKey = "release_ns_per_token"
    static let totalKey = "cpu_ns_per_token"
    static let boundKey = "cpu_ns_per_token_at_most"
    static let callsKey = "syscalls_per_1000_tokens"
    static let copiedKey = "copied_bytes_per_token"
    static let rateKey = "tokens_per_s"
    static let disturbedKey = "disturbed_batches"
    static let threadKey = "application_cpu_ns_per_token"
    static let instructionsKey = "application_instructions_per_token"

    var all: [Figure] {
        let receive = receiveFigure
        let returning = returnFigure
        let issue = modelFigure(Self.issueKey, "bookkeeping and delivery") { $0.issue }
        let release = modelFigure(Self.releaseKey, "bookkeeping and page pool") { $0.release }
        let parts = [receive, returning, issue, release]
        let totals = outcomes.indices.map { index in parts.reduce(0) { $0 + $1.repetitions.values[index] } }
        let crosses = parts.contains { $0.evidence == .kernelAndModel }
        return parts + [
            Figure(
                key: Self.totalKey, evidence: crosses ? .kernelAndModel : .model, repetitions: Repetitions(totals)),
            boundFigure(totals, crosses ? .kernelAndModel : .model),
            counted(Self.callsKey) { Double($0.consumer.calls) * 1000 },
            counted(Self.copiedKey) { Double($0.consumer.copiedBytes) },
            Figure(
                key: Self.rateKey, evidence: crosses ? .kernelAndModel : .model,
                repetitions: Repetitions(outcomes.map { Double(tokens) * 1e9 / Double($0.wallNanoseconds) })),
            Figure(
                key: Self.disturbedKey, evidence: .kernel,
                repetitions: Repetitions(outcomes.map { Double($0.disturbedBatches) })),
        ] + threadFigures
    }

    /// What the application's threads took: CPU time, and instructions where this machine counts them.
    private var threadFigures: [Figure] {
        func figure(_ key: String, _ values: [Double]) -> Figure {
            Figure(
                key: key, evidence: .kernelAndModel, repetitions: Repetitions(values.map { $0 / Double(tokens) }))
        }
        let threads = outcomes.map(\.consumer.thread)
        let instructions = threads.compactMap(\.instructions).map { Double($0) }
        return [figure(Self.threadKey, threads.map { Double($0.cpuNanoseconds) })]
            + (instructions.count == threads.count ? [figure(Self.instructionsKey, instructions)] : [])
    }

    /// The last repetition's total, as it is told while the others still run.
    func lastTotal(of repetitions: Int) -> MeasuredInterval {
        let total = all.first { $0.key == Self.totalKey }
        return MeasuredInterval(
            name: composition.name, repetition: outcomes.count, repetitions: repetitions, key: Self.totalKey,
            value: total?.repetitions.values.last ?? .nan, evidence: total?.evidence ?? .kernelAndModel)
    }

    private var receiveFigure: Figure {
        let calls = Repetitions(outcomes.map { Double($0.consumer.receiveCalls) / Double(tokens) })
        let wakeups = Repetitions(outcomes.map { Double($0.consumer.wakeupCalls) / Double(tokens) })
        var live: [(String, Repetitions)] = []
        if calls.median > 0 { live.append(("recvmsg", scaled(crossing.recvmsg, by: calls))) }
        if !composition.hasDeliveryRing { live.append(("control messages", scaled(crossing.controlMessage, by: ones))) }
        if wakeups.most > 0 { live.append(("kick, as setsockopt", scaled(crossing.dontNeed, by: wakeups))) }
        return sum(Self.receiveKey, user: "take delivery", { $0.consumer.receive }, live)
    }

    private var returnFigure: Figure {
        let calls = Repetitions(outcomes.map { Double($0.consumer.returnCalls) / Double(tokens) })
        let live = calls.most > 0 ? [(returnCall.name, scaled(returnCall.cost, by: calls))] : []
        return sum(Self.returnKey, user: "give back", { $0.consumer.returning }, live)
    }

    /// The total, and for a delivery in softirq also what recvmsg does to the socket: the model has no TCP, and softirq would have
    /// to do some of that instead. Once a read's worth of fragments, all of it: an upper bound.
    private func boundFigure(_ totals: [Double], _ evidence: Evidence) -> Figure {
        guard composition.hasDeliveryRing else {
            return Figure(key: Self.boundKey, evidence: evidence, repetitions: Repetitions(totals))
        }
        let perToken = Repetitions(totals.map { _ in 1 / Double(load.fragsPerRead) })
        let work = scaled(crossing.socketWork, by: perToken)
        return Figure(
            key: Self.boundKey, evidence: .kernelAndModel,
            repetitions: Repetitions(zip(totals, work.values).map { $0 + $1 }),
            terms: [Figure.Term(name: "recvmsg less getppid", nanosecondsPerToken: work.median, evidence: .kernel)])
    }

    private var ones: Repetitions { Repetitions(outcomes.map { _ in 1 }) }

    /// The live cost's repetitions in turn, times how often the call was made per token.
    private func scaled(_ cost: Repetitions, by perToken: Repetitions) -> Repetitions {
        Repetitions(perToken.values.enumerated().map { $0.element * cost.values[$0.offset % cost.values.count] })
    }

    private func sum(
        _ key: String, user: String, _ phase: (ProposalRun.Outcome) -> ConsumerCosts.Phase,
        _ live: [(String, Repetitions)]
    ) -> Figure {
        let model = outcomes.map { clock.nanosecondsPerToken(phase($0)) }
        let values = model.indices.map { index in live.reduce(model[index]) { $0 + $1.1.values[index] } }
        let terms =
            [Figure.Term(name: user, nanosecondsPerToken: Repetitions(model).median, evidence: .model)]
            + live.map { Figure.Term(name: $0.0, nanosecondsPerToken: $0.1.median, evidence: .kernel) }
        return Figure(
            key: key, evidence: live.isEmpty ? .model : .kernelAndModel, repetitions: Repetitions(values), terms: terms)
    }

    private func modelFigure(
        _ key: String, _ name: String, _ meter: (ProposalRun.Outcome) -> CostMeter
    ) -> Figure {
        let values = Repetitions(
            outcomes.map { clock.nanosecondsPerToken(ConsumerCosts.Phase(meter($0))) })
        return Figure(
            key: key, evidence: .model, repetitions: values,
            terms: [Figure.Term(name: name, nanosecondsPerToken: values.median, evidence: .model)])
    }

    /// A count that the model made, per token.
    private func counted(_ key: String, _ count: (ProposalRun.Outcome) -> Double) -> Figure {
        Figure(
            key: key, evidence: .model,
            repetitions: Repetitions(outcomes.map { count($0) / Double(tokens) }))
    }
}
