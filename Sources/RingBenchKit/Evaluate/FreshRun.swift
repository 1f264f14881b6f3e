import RingKernelModel

/// A repetition of a proposal in a process of its own.
public enum FreshRun {
    /// The hidden subcommand that the child runs.
    public static let subcommand = "run-proposal"

    /// What the child is told: a `ProposalRun` without what is live in this process.
    struct Assignment: Codable {
        var proposal: String
        var load: Load
        var depth: StreamContent.Depth
        var kernelCPU: Int?
        var consumerCPU: Int?
        /// Threads that enter the real kernel, and how long a receive waits there.
        var crossings: Int
        var rest: Crossing.Rest
        var schedule: ArrivalSchedule?
        var consumerProgram: String?
        var handicap: Handicap
        var place: CPUPlace?
        /// How long it waits for it, in nanoseconds.
        var patience: Int64
    }

    /// Tokens of a short run with which a child warms up.
    private static let warmUpTokens = 20_000

    /// Has `run` made.
    static func outcome(of run: ProposalRun, by fresh: FreshProcesses) throws(Failure) -> ProposalRun.Outcome {
        let assignment = Assignment(
            proposal: run.composition.name, load: run.load, depth: run.depth, kernelCPU: run.cpus.kernel,
            consumerCPU: run.cpus.consumer, crossings: run.crossings.count,
            rest: run.crossings.first?.crossing.rest ?? Crossing.Rest(), schedule: run.schedule,
            consumerProgram: run.consumerProgram, handicap: run.handicap, place: fresh.place,
            patience: min(fresh.patience.next, run.schedule.map(patience) ?? .max))
        let outcome: ProposalRun.Outcome = try MeasuringProcess.ask(assignment, of: subcommand, in: fresh.program)
        fresh.patience.note(outcome.disturbances?.places)
        return outcome
    }

    /// What the child does.
    public static func runChild(_ argument: String) throws(Failure) {
        try MeasuringProcess.answer(argument, to: subcommand, run)
    }

    private static func run(_ assignment: Assignment) throws(Failure) -> ProposalRun.Outcome {
        guard let composition = Composition.named(assignment.proposal) else {
            throw Failure(.usage, "there is no proposal \(assignment.proposal)")
        }
        var crossings: [LiveCrossing] = []
        for _ in 0..<assignment.crossings { crossings.append(try LiveCrossing(assignment.rest)) }
        var run = ProposalRun(
            composition: composition, load: assignment.load, depth: assignment.depth,
            cpus: (assignment.kernelCPU, assignment.consumerCPU), crossings: crossings)
        run.handicap = assignment.handicap
        _ = try run.warmUp(tokens: warmUpTokens)
        run.schedule = assignment.schedule
        run.consumerProgram = assignment.consumerProgram
        let measured = run
        var (outcome, disturbances) = try MeasuringProcess.measure(
            in: assignment.place, patience: assignment.patience
        ) { () throws(Failure) in try measured.run() }
        outcome.disturbances = disturbances
        return outcome
    }

    /// A profile has hundreds of runs by a schedule, and ten minutes: each waits for its place for a quarter of what it lasts.
    private static func patience(for schedule: ArrivalSchedule) -> Int64 { Int64(schedule.seconds / 4 * 1e9) }
}
