import ArgumentParser
import RingBenchKit

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Say which of two results, or of two commands run in turn, is faster, and how sure that is.",
        discussion: """
            Two files that ringbench wrote with --json -o are compared figure by figure: ratio of medians, second over first, with its \
            95 % bootstrap interval. Two commands are run in blocks of four fresh processes, ABBA or BAAB, and compared block by \
            block. A verdict needs an interval without 1, a change above --minimum-effect, and one above the noise floor: how far \
            runs of the same thing lay apart in the same data.

            Exit codes: 0 no regression shown; 1 a figure is shown to be worse; 64 the two cannot be compared; otherwise \
            what a command that was run ended with.

            Examples:
              ringbench compare before.json after.json --figures cpu_ns_per_token
              ringbench compare --run "old/ringbench ring --json -Q --repetitions 5" \\
                                --run "new/ringbench ring --json -Q --repetitions 5"
              ringbench compare --self
              ringbench compare --self -- evaluate --quick --no-xdp --json -Q
            """)

    @Argument(
        help: ArgumentHelp(
            "Two results; with --self the words of the command to run, a short ring by default.", valueName: "result"))
    var words: [String] = []

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp(
            "A command that prints a result with --json. Give two; no shell reads them.", valueName: "command"))
    var commands: [String] = []

    @Flag(name: .customLong("self"), help: "Run this ringbench against itself: no difference should be shown.")
    var itself = false

    @Option(help: ArgumentHelp("Smallest change that gets a verdict.", valueName: "percent"))
    var minimumEffect = 2.0

    @Option(
        help: ArgumentHelp("Only figures whose name has one of these in it, separated by commas.", valueName: "parts"))
    var figures: String?

    @Flag(help: "Compare although the environments differ.")
    var force = false

    @OptionGroup(title: "Running")
    var session: SessionOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    func run() throws {
        try reportingFailures {
            let sink = try output.open()
            let environment = HostEnvironment()
            let report = try compared()
            let document = ResultDocument(
                command: "compare", options: options, environment: environment, interrupted: Interrupt.isRequested,
                section: report)
            try output.emit(document, text: report.text, to: sink)
            if report.showsRegression {
                throw Failure(.checkFailed, "a regression is shown")
            }
        }
    }

    private func compared() throws -> ComparisonReport {
        var comparison = ResultComparison()
        comparison.minimumEffect = minimumEffect / 100
        comparison.force = force
        comparison.only = figures?.split(separator: ",").map(String.init) ?? []
        if itself {
            guard commands.isEmpty else { throw Failure(.usage, "--self is a command against itself: leave --run out") }
            // Looking for the place takes seconds: not for options that are wrong.
            try session.applied(to: ComparisonSession(itself: words), comparison).validate()
            return try session.applied(to: ComparisonSession(itself: ownWords()), comparison)
                .run(progress: output.progress)
        }
        if !commands.isEmpty {
            guard commands.count == 2, words.isEmpty else {
                throw Failure(.usage, "--run is given \(commands.count) times: give it twice, and no files")
            }
            return try session.applied(to: ComparisonSession(first: commands[0], second: commands[1]), comparison)
                .run(progress: output.progress)
        }
        guard words.count == 2 else {
            throw Failure(.usage, "\(words.count) results are named: compare needs two, or --run twice, or --self")
        }
        return try comparison.compare(words[0], words[1])
    }

    /// What `--self` runs: in one place all of it.
    private func ownWords() throws -> [String] {
        guard words.isEmpty else { return words }
        let cpus = try CPUPair.resolve(nil)
        let place = try CPUPlace.find(.usual, cpus.first, cpus.second, output.progress)
        return ["ring", "--batches", "16,64", "--repetitions", "3", "--json", "--quiet"]
            + (place.map { ["--place", "\(Int($0.roundTrip.rounded()))"] } ?? [])
    }

    private var options: [String: String] {
        [
            "minimum-effect": "\(minimumEffect)", "figures": figures ?? "", "force": "\(force)", "self": "\(itself)",
            "precision": "\(session.precision)", "blocks": "\(session.blocks)", "most-blocks": "\(session.mostBlocks)",
        ]
    }
}

/// How commands are run in turn.
struct SessionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Blocks of four runs at the least.", valueName: "count"))
    var blocks = 8

    @Option(help: ArgumentHelp("Blocks at the most.", valueName: "count"))
    var mostBlocks = 24

    @Option(help: ArgumentHelp("Stop when every interval is within this of its ratio.", valueName: "percent"))
    var precision = 2.0

    @Option(help: ArgumentHelp("Decides the order of runs (default: random, and printed).", valueName: "number"))
    var seed: UInt64?

    /// `session` as asked for.
    func applied(
        to session: ComparisonSession, _ comparison: ResultComparison
    ) throws(Failure) -> ComparisonSession {
        guard blocks >= 1, mostBlocks >= blocks else {
            throw Failure(
                .usage, "--blocks \(blocks), --most-blocks \(mostBlocks): at least 1, and no fewer at the most")
        }
        var session = session
        session.comparison = comparison
        session.blocks = blocks...mostBlocks
        session.precision = precision / 100
        session.seed = seed ?? session.seed
        return session
    }
}
