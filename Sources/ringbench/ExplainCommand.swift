import ArgumentParser
import RingBenchKit

/// `ringbench explain`.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what a proposal is: who made it, its rules, its costs, and what it does wrong.",
        discussion: """
            Without a name it lists the proposals. What a proposal does wrong is found now, by running every case of \
            `ringbench conformance` against it. Needs no privilege.

            Examples:
              ringbench explain
              ringbench explain sockopt-uref
              ringbench explain mapped-ring --json
            """)

    @Argument(help: ArgumentHelp("The proposal.", valueName: "proposal"))
    var proposal: String?

    @OptionGroup(title: "Output")
    var output: OutputOptions

    func run() throws {
        try reportingFailures {
            guard let proposal else {
                let all = try Explanation.all()
                return try emit(all, "all", text: Explanation.list, to: try output.open())
            }
            let explanation = try Explanation(proposal)
            let sink = try output.open()
            try emit(explanation, proposal, text: explanation.text, to: sink)
        }
    }

    private func emit(_ section: some Encodable, _ proposal: String, text: String, to sink: ResultSink) throws {
        let document = ResultDocument(
            command: "explain", options: ["proposal": proposal], environment: HostEnvironment(),
            interrupted: Interrupt.isRequested, section: section)
        try output.emit(document, text: text, to: sink)
    }
}
