import ArgumentParser
import RingBenchKit

/// `ringbench zcrx selftest`.
struct ZCRXSelftestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Runs the cases of liburing's zcrx test against this kernel.",
        discussion: "L1 to L14 of design/sources.md. Ends with 1 when one fails. Evidence: kernel.")

    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailures {
            let sink = try output.open()
            let environment = HostEnvironment()
            let report = try ZCRXSelftest.run(progress: output.progress)
            let document = ResultDocument(
                command: "zcrx selftest", options: [:], environment: environment,
                interrupted: Interrupt.isRequested, section: Section(selftest: report))
            try output.emit(document, text: text(report, environment), to: sink)
            try report.require()
        }
    }

    private struct Section: Encodable {
        let selftest: ZCRXSelftestReport
    }

    private func text(_ report: ZCRXSelftestReport, _ environment: HostEnvironment) -> String {
        let lines = report.cases.map { "\($0.outcome.rawValue)  \($0.id)  \($0.name) (\($0.detail))" }
        let totals = ZCRXSelftestReport.Outcome.allCases.map { "\($0.rawValue) \(report.totals[$0.rawValue] ?? 0)" }
        return """
            zcrx selftest, without a device (evidence: \(report.evidence.rawValue))
            \(environment.summary)

            \(lines.joined(separator: "\n"))

            \(totals.joined(separator: "   "))
            """
    }
}
