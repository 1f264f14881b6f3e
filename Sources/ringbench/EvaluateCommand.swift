import ArgumentParser
import RingBenchKit
import RingKernelModel

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Run the UAPI proposals side by side under one load.",
        discussion: """
            Every run checks itself: the bytes of each fragment, every token back once, the page pool whole. What crossing \
            into the kernel costs is measured live. Without root the AF_XDP part is left out and says so.

            Proposals: \(Composition.all.map(\.name).joined(separator: ", ")).

            With --profile fragments arrive at a fixed rate, and what is compared is how much of its time the worker has left. \
            The built-in profile kperf is the mail threads' experiment; a file has the keys of design/measuring.md.

            Examples:
              ringbench evaluate --repetitions 3 --tokens 200000 --no-xdp
              ringbench evaluate --proposals sockopt-uref,mapped-ring --json > result.json
              ringbench evaluate --profile kperf --quick
              ringbench evaluate --sweep return-batch,flows --plot plots
            """)

    @Option(
        help: ArgumentHelp(
            "Proposals to compare with sockopt-xarray, separated by commas, or all (default: \(Evaluation.usual.joined(separator: ", ")); with --profile: all).",
            valueName: "names"))
    var proposals: String?

    @Option(help: "Repetitions of each proposal (default: 11, or as the profile says).")
    var repetitions: Int?

    @Option(help: ArgumentHelp("An open-loop experiment: kperf, or a JSON file.", valueName: "name|path"))
    var profile: String?

    @Option(
        help: ArgumentHelp(
            "Grow one quantity at a time: \(Sweep.all.map(\.name).joined(separator: ", ")).", valueName: "names"))
    var sweep: String?

    @Option(help: ArgumentHelp("Write a data file for gnuplot a sweep into this folder.", valueName: "dir"))
    var plot: String?

    @Flag(help: "Fewer and shorter repetitions.")
    var quick = false

    @OptionGroup(title: "Load")
    var load: LoadOptions

    @Option(
        help: ArgumentHelp("CPUs of softirq and of the consumer; default: the first two allowed.", valueName: "a,b"))
    var cpus: CPUPair?

    @OptionGroup
    var place: PlaceOptions

    @Flag(help: "Leave the AF_XDP part out.")
    var noXdp = false

    // For a comparison to find: a difference of known size.
    @Option(help: .hidden)
    var slow: String?

    @OptionGroup(title: "Output")
    var output: OutputOptions

    @OptionGroup(title: "Output")
    var stream: StreamOptions

    func run() throws {
        try reportingFailures {
            let sink = try output.open()
            let cpus = try CPUPair.resolve(cpus)
            if let repetitions, !(1...1000).contains(repetitions) {
                throw Failure(.usage, "--repetitions is \(repetitions): 1 to 1000 can be run")
            }
            guard slow == nil || (sweep == nil && profile == nil) else {
                throw Failure(.usage, "--slow goes with neither --profile nor --sweep")
            }
            guard plot == nil || sweep != nil else { throw Failure(.usage, "--plot needs a --sweep to write") }
            guard profile == nil || sweep == nil else {
                throw Failure(.usage, "--profile and --sweep are two experiments: run one after the other")
            }
            if let sweep {
                try runSweeps(sweep, cpus, to: sink)
            } else if profile != nil {
                try runProfile(cpus, to: sink)
            } else {
                try runClosedLoop(cpus, to: sink)
            }
        }
    }

    /// Makes each run.
    private static let program = "/proc/self/exe"

    private func runClosedLoop(_ cpus: CPUPair, to sink: ResultSink) throws {
        var evaluation = Evaluation(cpus: (cpus.first, cpus.second), program: Self.program)
        evaluation.place = place.place
        if proposals == "all" {
            evaluation.compositions = Composition.all
        } else if let names = try chosen() {
            evaluation.compositions =
                Composition.all.prefix(1) + Composition.all.dropFirst().filter { names.contains($0.name) }
        }
        var base = Load()
        if quick {
            base.tokens = 100_000
            evaluation.repetitions = 3
        }
        evaluation.load = load.applied(to: base)
        evaluation.repetitions = repetitions ?? evaluation.repetitions
        evaluation.withXDP = !noXdp
        evaluation.slowed = try slow.map { try SlowedProposal($0) }
        if let slowed = evaluation.slowed, !evaluation.compositions.contains(where: { $0.name == slowed.name }) {
            throw Failure(.usage, "--slow \(slowed.name): that proposal is not run; name it in --proposals")
        }
        let environment = HostEnvironment()
        let report = try evaluation.run(progress: stream.progress(output, "evaluate", environment, sink))
        let used = evaluation.load
        let summary = """
            \(LoadOptions.summary(of: used)); \(evaluation.repetitions) repetitions of \(used.tokens) tokens; \
            softirq on CPU \(cpus.first), consumer on CPU \(cpus.second)
            """
        let document = ResultDocument(
            command: "evaluate", options: options(used, evaluation.repetitions, cpus), environment: environment,
            interrupted: Interrupt.isRequested, section: report)
        try stream.emit(document, text: "\(environment.summary)\n\(summary)\n\n\(report.text)", output, to: sink)
    }

    private func runProfile(_ cpus: CPUPair, to sink: ResultSink) throws {
        var chosenProfile = try ProfileFile.profile(profile ?? Profile.kperf.name)
        if quick { chosenProfile = chosenProfile.quick }
        chosenProfile.load = load.applied(to: chosenProfile.load)
        chosenProfile.tokens = load.tokens ?? chosenProfile.tokens
        chosenProfile.runs = repetitions ?? chosenProfile.runs
        chosenProfile.proposals = try chosen() ?? chosenProfile.proposals
        let environment = HostEnvironment()
        var evaluation = ProfileEvaluation(chosenProfile, cpus: (cpus.first, cpus.second))
        evaluation.program = Self.program
        evaluation.place = place.place
        let report = try evaluation.run(
            progress: stream.progress(output, "evaluate", environment, sink))
        let summary = """
            \(LoadOptions.summary(of: chosenProfile.load)); softirq on CPU \(cpus.first), worker on CPU \(cpus.second)
            """
        let document = ResultDocument(
            command: "evaluate", options: options(chosenProfile.load, chosenProfile.runs, cpus),
            environment: environment, interrupted: Interrupt.isRequested, section: report)
        try stream.emit(document, text: "\(environment.summary)\n\(summary)\n\n\(report.text)", output, to: sink)
    }

    private func runSweeps(_ names: String, _ cpus: CPUPair, to sink: ResultSink) throws {
        let sweeps = try names.split(separator: ",").map { name in
            guard let sweep = Sweep.named(String(name)) else {
                let all = Sweep.all.map(\.name).joined(separator: ", ")
                throw Failure(.usage, "there is no sweep \(name); there are \(all)")
            }
            return sweep
        }
        guard !sweeps.isEmpty else { throw Failure(.usage, "--sweep names none") }
        guard proposals == nil, load.isDefault else {
            throw Failure(.usage, "a sweep has its own proposals and load; only --tokens and --repetitions go with it")
        }
        var evaluation = SweepEvaluation(sweeps, cpus: (cpus.first, cpus.second))
        evaluation.program = Self.program
        evaluation.place = place.place
        evaluation.repetitions = repetitions ?? evaluation.repetitions
        evaluation.mostTokens = load.tokens ?? (quick ? 50_000 : nil)
        let environment = HostEnvironment()
        let report = try evaluation.run(progress: stream.progress(output, "evaluate", environment, sink))
        if let plot { try report.plot(into: plot) }
        var used = options(Load(), evaluation.repetitions, cpus)
        used["sweep"] = names
        let document = ResultDocument(
            command: "evaluate", options: used, environment: environment, interrupted: Interrupt.isRequested,
            section: report)
        try stream.emit(document, text: "\(environment.summary)\n\n\(report.text)", output, to: sink)
    }

    /// The names that were asked for; nil for all.
    private func chosen() throws -> [String]? {
        guard let proposals, proposals != "all" else { return nil }
        let names = proposals.split(separator: ",").map(String.init)
        for name in names where Composition.named(name) == nil {
            throw Failure(
                .usage,
                "there is no proposal \(name); there are \(Composition.all.map(\.name).joined(separator: ", "))")
        }
        guard !names.isEmpty else { throw Failure(.usage, "--proposals names none") }
        return names
    }

    private func options(_ load: Load, _ repetitions: Int, _ cpus: CPUPair) -> [String: String] {
        var options = LoadOptions.options(of: load)
        options["proposals"] = proposals ?? (profile == nil ? Evaluation.usual.joined(separator: ",") : "all")
        options["repetitions"] = "\(repetitions)"
        options["cpus"] = "\(cpus.first),\(cpus.second)"
        options["profile"] = profile ?? ""
        options["quick"] = "\(quick)"
        options["no-xdp"] = "\(noXdp)"
        options["slow"] = slow ?? ""
        return options
    }
}
