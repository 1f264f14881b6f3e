import RingKernelModel

/// Runs sweeps: at every point each proposal a few times, another one first each time.
public struct SweepEvaluation: Sendable {
    /// What is swept.
    public var sweeps: [Sweep]
    /// Repetitions at each point.
    public var repetitions = 3
    /// Tokens of a repetition at the most, if they are to be fewer than the sweep says.
    public var mostTokens: Int?
    /// CPU of softirq and of the consumer.
    public var cpus: (kernel: Int?, consumer: Int?)
    /// This program, which makes each run in a process of its own; nil makes them in this one.
    public var program: String?
    /// Where the CPUs have to lie for a run in a fresh process.
    public var place = CPUPlace.Rule.usual

    /// These sweeps on these CPUs.
    public init(_ sweeps: [Sweep], cpus: (kernel: Int?, consumer: Int?)) {
        self.sweeps = sweeps
        self.cpus = cpus
    }

    /// Measures. After Ctrl-C it returns the points that are complete.
    ///
    /// - Throws: `Failure`; `.invariantBroken` when a run's own check failed.
    public func run(progress: Progress) throws(Failure) -> SweepReport {
        let calls = try SystemCallCosts.measure(progress: progress)
        let costs = try CrossingCosts(calls)
        let (clock, crossing) = (TickClock(), try LiveCrossing())
        let fresh = try FreshProcesses(by: program, on: cpus, place: place, progress)
        var window = MeasuringWindow()
        var results: [SweepReport.Result] = []
        for sweep in sweeps {
            let proposals = sweep.proposals.compactMap { Composition.named($0) }
            var rows: [SweepReport.Row] = []
            do throws(Failure) {
                for point in sweep.points {
                    var load = point.load
                    // Fewer would not even be held.
                    load.tokens = min(load.tokens, max(mostTokens ?? .max, 2 * load.heldTokens))
                    if let reason = reasonToLeaveOut(load) {
                        rows.append(SweepReport.Row(values: point.values, proposals: proposals, leftOut: reason))
                        continue
                    }
                    let place = "\(sweep.name) \(point.values.map(String.init).joined(separator: " x "))"
                    let outcomes = try run(proposals, load, crossing, fresh, place, &window, progress)
                    var figures: [[Figure]] = []
                    for (index, proposal) in proposals.enumerated() {
                        figures.append(
                            ProposalFigures(
                                outcomes: outcomes[index], crossing: costs, clock: clock, load: load,
                                composition: proposal, returnCall: try costs.returnCall(of: proposal)
                            ).all)
                    }
                    rows.append(SweepReport.Row(values: point.values, proposals: proposals, figures: figures))
                }
            } catch {
                guard error.kind == .interrupted else { throw error }
            }
            results.append(SweepReport.Result(sweep: sweep, rows: rows))
            if Interrupt.isRequested { break }
        }
        let conditions = MeasuringConditions(
            cpus: cpus, fresh: fresh, disturbances: window.end())
        conditions.warn(progress)
        return SweepReport(results: results, systemCalls: calls, conditions: conditions)
    }

    /// A point that this host has no room for is left out and says so; one that makes no sense is a defect.
    private func reasonToLeaveOut(_ load: Load) -> String? {
        do throws(Failure) {
            try load.validate()
            return nil
        } catch {
            return error.description
        }
    }

    private func run(
        _ proposals: [Composition], _ load: Load, _ crossing: LiveCrossing, _ fresh: FreshProcesses?, _ place: String,
        _ window: inout MeasuringWindow, _ progress: Progress
    ) throws(Failure) -> [[ProposalRun.Outcome]] {
        var outcomes = proposals.map { _ in [ProposalRun.Outcome]() }
        for repetition in 0..<repetitions {
            progress.step("sweep \(place): repetition \(repetition + 1) of \(repetitions)")
            for turn in proposals.indices {
                let index = (repetition + turn) % proposals.count
                var run = ProposalRun(
                    composition: proposals[index], load: load, depth: .stamps, cpus: cpus, crossings: [crossing])
                run.fresh = fresh
                outcomes[index].append(try run.run(in: &window))
            }
        }
        return outcomes
    }
}
