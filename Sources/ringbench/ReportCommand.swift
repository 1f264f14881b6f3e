import ArgumentParser
import RingBenchKit

extension ReportFormat: ExpressibleByArgument {}

/// `ringbench report`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Put results that were written with --json on one page.",
        discussion: """
            Shows what was compared on which machine, tables and charts with intervals, the conformance matrix, what AF_XDP did, \
            and the command behind each result; for what is missing it names the command that makes it. The page needs no network. \
            Its charts are drawn by gnuplot (Debian: gnuplot-nox).

            Examples:
              ringbench evaluate --json -o evaluate.json && ringbench report evaluate.json -o report.html
              ringbench report *.json --format markdown
              ringbench report sweep.json -o charts.gp && gnuplot charts.gp
            """)

    @Argument(help: ArgumentHelp("Files written with --json.", valueName: "result"))
    var results: [String] = []

    @Option(
        help: ArgumentHelp(
            "\(ReportFormat.allCases.map(\.rawValue).joined(separator: ", ")) (default: what the output file's name ends with, or html)."
        ))
    var format: ReportFormat?

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to FILE instead of stdout.", valueName: "file"))
    var output: String?

    func run() throws {
        try reportingFailures {
            let input = try ReportInput(reading: results)
            let text = try ReportPage(input).written(
                as: format ?? output.flatMap(ReportFormat.init(suffixOf:)) ?? .html)
            // Opened only now: a report that cannot be made leaves the old file alone.
            try ResultSink(path: output).write(text)
        }
    }
}
