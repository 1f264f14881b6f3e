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

            Examples:
              ringbench conformance
              ringbench conformance --case S2,B1 --proposals sockopt-uref,mapped-ring
              ringbench conformance --json -o conformance.json
            """)

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

    @OptionGroup(title: "Output")
    var output: OutputOptions

    func run() throws {
        try reportingFailures {
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
