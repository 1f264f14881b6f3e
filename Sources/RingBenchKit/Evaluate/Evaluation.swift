import RingKernelModel

/// Runs the proposals under one load, interleaved, and puts them side by side.
public struct Evaluation: Sendable {
    /// What they are put under.
    public var load = Load()
    /// Compared unless others are asked for: today's kernel, the posted series, the proposal, and zcrx's way.
    public static let usual = ["sockopt-xarray", "sockopt-uref", "mapped-ring", "refill-ring"]

    /// Which proposals; the baseline is always run.
    public var compositions = usual.compactMap(Composition.named)
    /// Repetitions of each; the mail threads' experiment had 11.
    public var repetitions = 11
    /// CPU of softirq and of the consumer.
    public var cpus: (kernel: Int?, consumer: Int?)
    /// This program, which makes each run in a process of its own, and in a further one the consumer of the two-process runs; nil
    /// makes them in this one.
    public var program: String?
    /// Where the CPUs have to lie for a run in a fresh process.
    public var place = CPUPlace.Rule.usual
    /// A proposal that is slowed down on purpose, and by how much, to see that a comparison notices.
    public var slowed: SlowedProposal?
    /// Whether real frames are sent round a real AF_XDP socket as well.
    public var withXDP = true

    /// The default comparison.
    public init(cpus: (kernel: Int?, consumer: Int?), program: String?) {
        self.cpus = cpus
        self.program = program
    }

    /// Measures. After Ctrl-C it returns what was measured so far, if every proposal was measured once.
    ///
    /// - Throws: `Failure`; `.invariantBroken` when a run's own check failed.
    public func run(progress: Progress) throws(Failure) -> EvaluationReport {
        try load.validate()
        try load.requireBindings(of: compositions)
        let calls = try SystemCallCosts.measure(progress: progress)
        let costs = try CrossingCosts(calls)
        var crossings: [LiveCrossing] = []
        for _ in 0..<load.threads { crossings.append(try LiveCrossing()) }
        var returnCalls: [(name: String, cost: Repetitions)] = []
        for composition in compositions { returnCalls.append(try costs.returnCall(of: composition)) }
        let clock = TickClock()
        try verifyEveryByte(progress)
        let warmUp = try warmUp(crossings, clock, progress)
        var random = SeededGenerator(seed: load.seed)
        let fresh = try FreshProcesses(by: program, on: cpus, place: place, progress)
        var window = MeasuringWindow()
        var outcomes = compositions.map { _ in [ProposalRun.Outcome]() }
        var remote = outcomes
        do throws(Failure) {
            for repetition in 0..<repetitions {
                for index in compositions.indices.shuffled(using: &random) {
                    progress.step(
                        "evaluate: repetition \(repetition + 1) of \(repetitions), \(compositions[index].name)",
                        isToldByFigure: true)
                    var run = proposalRun(compositions[index], load, .stamps, crossings)
                    if let slowed, slowed.name == compositions[index].name {
                        run.handicap = Handicap(nanosecondsPerToken: slowed.nanosecondsPerToken, clock)
                    }
                    run.fresh = fresh
                    outcomes[index].append(try run.run(in: &window))
                    let soFar = ProposalFigures(
                        outcomes: outcomes[index], crossing: costs, clock: clock, load: load,
                        composition: compositions[index], returnCall: returnCalls[index])
                    progress.measured(soFar.lastTotal(of: repetitions))
                    guard let program, ConsumerProcess.canRun(compositions[index], load) else { continue }
                    run.consumerProgram = program
                    remote[index].append(try run.run(in: &window))
                }
            }
        } catch {
            guard error.kind == .interrupted, outcomes.allSatisfy({ !$0.isEmpty }) else { throw error }
        }
        let disturbances = window.end()
        // Ratios are taken repetition by repetition: drop what the others did not reach.
        let complete = outcomes.map(\.count).min() ?? 0
        let figures = compositions.indices.map { index in
            ProposalFigures(
                outcomes: Array(outcomes[index].prefix(complete)), crossing: costs, clock: clock, load: load,
                composition: compositions[index], returnCall: returnCalls[index]
            ).all
        }
        let rows = compositions.indices.map { index in
            let between = Array(remote[index].prefix(complete))
            return ProposalReport(
                composition: compositions[index], verified: true, figures: figures[index],
                ratios: ratios(figures[index], to: figures[0]),
                betweenProcesses: between.isEmpty
                    ? nil
                    : ProposalFigures(
                        outcomes: between, crossing: costs, clock: clock, load: load,
                        composition: compositions[index], returnCall: returnCalls[index]
                    ).all)
        }
        var stop = StopRule(precision: nil)
        stop.note(figures.compactMap { row in row.first { $0.key == ProposalFigures.totalKey }?.repetitions })
        let conditions = MeasuringConditions(
            cpus: cpus, fresh: fresh, seed: load.seed, warmUp: warmUp, stop: stop,
            disturbances: disturbances)
        conditions.warn(progress)
        let xdp = try runXDP(progress)
        return EvaluationReport(
            proposals: rows, calibration: Interrupt.isRequested ? [] : try Calibration.measure(calls, clock),
            systemCalls: calls, conditions: conditions, slowed: slowed, xdp: xdp.report, xdpSkipped: xdp.skipped)
    }

    /// Once round the pool twice with every byte of every fragment compared.
    private func verifyEveryByte(_ progress: Progress) throws(Failure) {
        var load = load
        load.tokens = min(load.tokens, 2 * load.niovs)
        for composition in compositions {
            progress.step("evaluate: checking every byte, \(composition.name)")
            var run = proposalRun(composition, load, .everyByte, [])
            _ = try run.run()
            guard let program, ConsumerProcess.canRun(composition, load) else { continue }
            run.consumerProgram = program
            _ = try run.run()
        }
    }

    /// Short runs of the first proposal until two windows agree.
    private func warmUp(
        _ crossings: [LiveCrossing], _ clock: TickClock, _ progress: Progress
    ) throws(Failure) -> WarmUp {
        var warmUp = WarmUp()
        progress.step("evaluate: warm-up")
        while warmUp.goesOn, !Interrupt.isRequested {
            let outcome = try proposalRun(compositions[0], load, .stamps, crossings).warmUp(tokens: 50_000)
            warmUp.add([
                Double(outcome.wallNanoseconds), clock.nanosecondsPerToken(outcome.consumer.receive),
                clock.nanosecondsPerToken(ConsumerCosts.Phase(outcome.release)),
            ])
        }
        return warmUp
    }

    private func proposalRun(
        _ composition: Composition, _ load: Load, _ depth: StreamContent.Depth, _ crossings: [LiveCrossing]
    ) -> ProposalRun {
        ProposalRun(composition: composition, load: load, depth: depth, cpus: cpus, crossings: crossings)
    }

    private func ratios(_ figures: [Figure], to baseline: [Figure]) -> [String: ProposalReport.Ratio] {
        var ratios: [String: ProposalReport.Ratio] = [:]
        for (figure, base) in zip(figures, baseline) {
            ratios[figure.key] = ProposalReport.Ratio(figure, to: base)
        }
        return ratios
    }

    /// AF_XDP beside the model: not a proposal, but what mapped rings cost where the kernel has them. Left out, with the
    /// reason, where it cannot run; a frame that is lost or changed is an error.
    private func runXDP(_ progress: Progress) throws(Failure) -> (report: XDPReport?, skipped: String?) {
        guard withXDP else { return (nil, "left out by --no-xdp") }
        guard !Interrupt.isRequested else { return (nil, "interrupted") }
        do {
            return (try XDPDemo.run(configuration: XDPDemoConfiguration(), progress: progress), nil)
        } catch {
            guard error.kind == .privilege || error.kind == .unavailable else { throw error }
            return (nil, error.description)
        }
    }
}

/// A proposal whose application wastes time on purpose.
public struct SlowedProposal: Encodable, Sendable {
    /// Whose.
    public let name: String
    /// How much.
    public let nanosecondsPerToken: Double

    /// From `NAME=NS`.
    ///
    /// - Throws: `Failure` of kind `.usage`.
    public init(_ text: String) throws(Failure) {
        let parts = text.split(separator: "=")
        guard parts.count == 2, Composition.named(String(parts[0])) != nil, let value = Double(parts[1]), value > 0,
            value <= 1e6
        else {
            throw Failure(.usage, "--slow \(text): name a proposal and nanoseconds a token, as in sockopt-uref=10")
        }
        (name, nanosecondsPerToken) = (String(parts[0]), value)
    }

    private enum CodingKeys: String, CodingKey {
        case name
        case nanosecondsPerToken = "ns_per_token"
    }
}
