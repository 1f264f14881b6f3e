import ArgumentParser
import RingBenchKit

/// `ringbench probe`.
struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Says what this host can run, and what is missing for the rest.",
        discussion: """
            Everything is tried now and nothing is left behind. Works without root; what a privilege would add is said.

            EXAMPLES
              ringbench probe
              ringbench probe --require xdp,zc && ringbench xdp rx --interface eth0 --zero-copy
              ringbench probe --calls --json
            """)

    @Option(
        name: .long,
        help: ArgumentHelp(
            "End with 69 unless all of these are there: \(ProbeFeature.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "feature,..."))
    var require: String?

    @Flag(name: .long, help: "Also measure what the system calls of the proposals cost here (some 2 s).")
    var calls = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailures {
            let required = try require.map(ProbeFeature.list) ?? []
            let sink = try output.open()
            let environment = HostEnvironment()
            let probe = HostProbe(environment: environment)
            let costs = calls ? try SystemCallCosts.measure(progress: output.progress) : nil
            let document = ResultDocument(
                command: "probe", options: ["require": require ?? "", "calls": "\(calls)"], environment: environment,
                interrupted: Interrupt.isRequested, section: Section(probe: probe, calls: costs))
            let text = [probe.text, costs?.text].compactMap { $0 }.joined(separator: "\n\n")
            try output.emit(document, text: text, to: sink)
            try probe.require(required)
        }
    }

    /// The command's own keys.
    private struct Section: Encodable {
        let probe: HostProbe
        let calls: SystemCallCosts?
    }
}
