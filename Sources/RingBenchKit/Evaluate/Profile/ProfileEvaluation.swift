import RingKernelModel

/// Runs proposals under one open-loop load, interleaved: the mail threads' experiment.
///
/// The offered rate is what leaves the first proposal's worker as idle as the profile says. What a token costs depends on how fast
/// the machine is at the moment, and a virtual machine has spells of minutes in which it is half as fast: so a short run of the first
/// proposal, the *reference*, comes before each measured one and sets its rate.
public struct ProfileEvaluation: Sendable {
    /// What is run.
    public var profile: Profile
    /// CPU of softirq and of the worker.
    public var cpus: (kernel: Int?, consumer: Int?)
    /// This program, which makes each run in a process of its own; nil makes them in this one.
    public var program: String?
    /// Where the CPUs have to lie for a run in a fresh process.
    public var place = CPUPlace.Rule.usual

    /// The experiment on these CPUs.
    public init(_ profile: Profile, cpus: (kernel: Int?, consumer: Int?)) {
        self.profile = profile
        self.cpus = cpus
    }

    /// The baseline first, then those that the profile names.
    var compositions: [Composition] {
        guard let names = profile.proposals else { return Composition.all }
        return Composition.all.enumerated().filter { $0.offset == 0 || names.contains($0.element.name) }.map(\.element)
    }

    /// Measures. After Ctrl-C it returns what was measured so far, if every proposal was measured once.
    ///
    /// - Throws: `Failure`; `.invariantBroken` when a run's own check failed.
    public func run(progress: Progress) throws(Failure) -> ProfileReport {
        try profile.validate(.options)
        try profile.load.requireBindings(of: compositions)
        let calls = try SystemCallCosts.measure(progress: progress)
        let costs = try CrossingCosts(calls)
        for composition in compositions { _ = try costs.returnCall(of: composition) }
        let clock = TickClock()
        let rest = Crossing.Rest(of: costs, peek: calls.peekNs, clock)
        var crossings: [LiveCrossing] = []
        for _ in 0..<profile.load.threads { crossings.append(try LiveCrossing(rest)) }
        if profile.checksEveryByte { try checkEveryByte(progress) }
        let fresh = try FreshProcesses(by: program, on: cpus, place: place, progress)
        let found = try findRate(crossings, fresh, clock, progress)
        var window = MeasuringWindow()
        var rate = found.tokensPerSecond
        var runs = compositions.map { _ in [ProfileRun]() }
        do throws(Failure) {
            for repetition in 0..<profile.runs {
                for turn in compositions.indices {
                    let index = (repetition + turn) % compositions.count
                    progress.step(
                        "\(profile.name): run \(repetition + 1) of \(profile.runs), \(compositions[index].name)",
                        isToldByFigure: true)
                    let reference = try runReference(at: rate, crossings, fresh, clock)
                    rate = profile.tokensPerSecond ?? search.rate(reference)
                    let schedule = schedule(rate, clock)
                    let outcome = try runOnce(compositions[index], schedule, crossings, fresh)
                    window.add(outcome.disturbances)
                    runs[index].append(
                        ProfileRun(outcome: outcome, schedule: schedule, referenceNanosecondsPerToken: reference))
                    progress.measured(
                        MeasuredInterval(
                            name: compositions[index].name, repetition: repetition + 1, repetitions: profile.runs,
                            key: ProfileFigures.idleKey, value: outcome.idlePercent, evidence: .kernelAndModel))
                }
            }
        } catch {
            guard error.kind == .interrupted, runs.allSatisfy({ !$0.isEmpty }) else { throw error }
        }
        let conditions = MeasuringConditions(
            cpus: cpus, fresh: fresh, disturbances: window.end())
        conditions.warn(progress)
        // Differences are taken run by run: drop what the others did not reach.
        let complete = runs.map(\.count).min() ?? 0
        return ProfileReport(
            profile: profile, compositions: compositions,
            figures: runs.map { ProfileFigures(runs: Array($0.prefix(complete)), clock: clock) }, found: found,
            systemCalls: calls, conditions: conditions,
            calibration: Interrupt.isRequested ? [] : try Calibration.measure(calls, clock))
    }

    private var search: RateSearch { RateSearch(idlePercent: profile.idlePercent) }

    /// What a token costs the reference's worker now, in nanoseconds: a quarter of a run.
    private func runReference(
        at rate: Double, _ crossings: [LiveCrossing], _ fresh: FreshProcesses?, _ clock: TickClock
    ) throws(Failure) -> Double {
        let seconds = max(0.05, Double(profile.runMilliseconds) / 4000)
        let short = ArrivalSchedule(tokensPerSecond: rate, seconds: seconds, clock: clock)
        return try runOnce(compositions[0], short, crossings, fresh).workNanosecondsPerToken(clock)
    }

    private func schedule(_ tokensPerSecond: Double, _ clock: TickClock) -> ArrivalSchedule {
        guard let tokens = profile.tokens else {
            return ArrivalSchedule(
                tokensPerSecond: tokensPerSecond, seconds: Double(profile.runMilliseconds) / 1000, clock: clock)
        }
        return ArrivalSchedule(
            tokensPerSecond: tokensPerSecond, tokens: tokens, nanosecondsPerTick: clock.nanosecondsPerTick)
    }

    private func runOnce(
        _ composition: Composition, _ schedule: ArrivalSchedule, _ crossings: [LiveCrossing],
        _ fresh: FreshProcesses?
    ) throws(Failure) -> ProposalRun.Outcome {
        var run = ProposalRun(
            composition: composition, load: profile.load, depth: .stamps, cpus: cpus, crossings: crossings)
        run.schedule = schedule
        run.fresh = fresh
        return try run.run()
    }

    /// Once round the pool twice with every byte of every fragment compared; also the warm-up.
    private func checkEveryByte(_ progress: Progress) throws(Failure) {
        var load = profile.load
        load.tokens = 2 * load.niovs
        for composition in compositions {
            progress.step("\(profile.name): checking every byte, \(composition.name)")
            _ = try ProposalRun(composition: composition, load: load, depth: .everyByte, cpus: cpus).run()
        }
    }

    private func findRate(
        _ crossings: [LiveCrossing], _ fresh: FreshProcesses?, _ clock: TickClock, _ progress: Progress
    ) throws(Failure) -> RateSearch.Found {
        if let fixed = profile.tokensPerSecond { return RateSearch.Found(tokensPerSecond: fixed, samples: []) }
        let baseline = compositions[0]
        // As fast as windows open, to begin with: what the worker then needs for a token.
        var load = profile.load
        load.tokens = 200_000
        progress.step("\(profile.name): looking for the rate")
        let closed = try ProposalRun(
            composition: baseline, load: load, depth: .stamps, cpus: cpus, crossings: crossings
        ).run()
        let seconds = min(0.2, Double(profile.runMilliseconds) / 1000)
        return try search.find(from: closed.workNanosecondsPerToken(clock)) { rate throws(Failure) in
            let schedule = ArrivalSchedule(tokensPerSecond: rate, seconds: seconds, clock: clock)
            progress.step("\(profile.name): \((rate / 1e6).text(2)) Mtokens/s, \(baseline.name)")
            let outcome = try runOnce(baseline, schedule, crossings, fresh)
            return RateSearch.Sample(
                tokensPerSecond: rate, workNanosecondsPerToken: outcome.workNanosecondsPerToken(clock),
                idlePercent: outcome.idlePercent)
        }
    }
}
