import ArgumentParser
import RingBenchKit
import RingKernelModel

/// `ringbench conformance`.
struct ConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Hold every proposal to what the sources say that it does.",
        discussion: """
            Runs each case against each proposal and compares what is seen with what is written down: pass, fail, not \
            applicable, or a known defect of code as it was posted. Ends with 1 when anything fails. Needs no privilege.

            With --suite xsk it runs the cases of the kernel's AF_XDP selftests against this kernel, on a virtual wire of its own \
            or between two interfaces, and the same traces through the model of AF_XDP's kernel side. Needs root.

            Examples:
              ringbench conformance
              ringbench conformance --case S2,B1 --proposals sockopt-uref,mapped-ring
              ringbench conformance --json -o conformance.json
              ringbench conformance --suite xsk --mode drv --case X8,X24
              ringbench conformance --suite xsk -i eth1 --peer-interface eth2 --mode zc
            """)

    @Option(
        help:
            "tokens: the proposals against the model kernel; xsk: the kernel's own AF_XDP selftests against this kernel."
    )
    var suite = ConformanceSuite.tokens

    @Option(
        name: .customLong("case"), help: ArgumentHelp("Cases to run, such as S2,B1 (default: all).", valueName: "ids"))
    var cases: String?

    @Option(help: ArgumentHelp("Proposals to run them against (default: all).", valueName: "names"))
    var proposals: String?

    @Option(
        help: ArgumentHelp(
            "Random operations for each proposal, 0 for none (default: 20000, none with --case).", valueName: "count"))
    var random: Int?

    @Option(help: "Decides the random operations.")
    var seed: UInt64 = 1

    @OptionGroup(title: "Suite xsk")
    var xsk: XSKSuiteOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    func run() throws {
        try reportingFailures {
            switch suite {
            case .tokens: try runTokens()
            case .xsk: try runXSK()
            }
        }
    }

    private func runXSK() throws {
        guard proposals == nil, random == nil else {
            throw Failure(.usage, "--proposals and --random are of suite tokens; leave them out with --suite xsk")
        }
        let conformance = try xsk.conformance(cases: cases)
        let sink = try output.open()
        let environment = HostEnvironment()
        let report = try conformance.run(progress: output.progress)
        let document = ResultDocument(
            command: "conformance",
            options: ["suite": suite.rawValue, "case": cases ?? "all"].merging(xsk.described) { $1 },
            environment: environment, interrupted: Interrupt.isRequested, section: report)
        try output.emit(document, text: report.text, to: sink)
        try report.require()
    }

    private func runTokens() throws {
        try xsk.requireNone()
        var conformance = Conformance()
        conformance.cases = try chosenCases()
        conformance.compositions = try chosenProposals()
        conformance.operations = random ?? (cases == nil ? 20000 : 0)
        conformance.seed = seed
        guard (0...1_000_000_000).contains(conformance.operations) else {
            throw Failure(.usage, "--random is \(conformance.operations): 0 to 1000000000 operations can be done")
        }
        let sink = try output.open()
        let environment = HostEnvironment()
        let report = try conformance.run(progress: output.progress)
        let document = ResultDocument(
            command: "conformance",
            options: [
                "case": cases ?? "all", "proposals": proposals ?? "all", "random": "\(conformance.operations)",
                "seed": "\(seed)",
            ], environment: environment,
            interrupted: Interrupt.isRequested, section: report)
        try output.emit(document, text: report.text, to: sink)
        try report.require()
    }

    private func chosenCases() throws(Failure) -> [String] {
        guard let cases else { return Conformance.caseIDs }
        let ids = cases.split(separator: ",").map(String.init)
        for id in ids where !Conformance.caseIDs.contains(id) {
            throw Failure(
                .usage, "there is no case \(id); there are \(Conformance.caseIDs.joined(separator: ", "))")
        }
        guard !ids.isEmpty else { throw Failure(.usage, "--case names none") }
        return ids
    }

    private func chosenProposals() throws(Failure) -> [Composition] {
        guard let proposals else { return Composition.all }
        let names = proposals.split(separator: ",").map(String.init)
        for name in names where Composition.named(name) == nil {
            throw Failure(
                .usage,
                "there is no proposal \(name); there are \(Composition.all.map(\.name).joined(separator: ", "))")
        }
        guard !names.isEmpty else { throw Failure(.usage, "--proposals names none") }
        return Composition.all.filter { names.contains($0.name) }
    }
}
