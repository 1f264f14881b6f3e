import ArgumentParser
import RingBenchKit

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show the state of a live region's rings: indices, fill level, who waits.",
        discussion: """
            Takes no role and writes nothing. Example:
              ringbench inspect /proc/4711/fd/5
            """)

    @Argument(help: "The region: a descriptor of a running process, /proc/PID/fd/N.")
    var path: String

    @OptionGroup(title: "Output")
    var output: OutputOptions

    func run() throws {
        try reportingFailures {
            let sink = try output.open()
            let report = try RegionReport(path: path)
            let document = ResultDocument(
                command: "inspect", options: ["path": path], environment: HostEnvironment(),
                interrupted: Interrupt.isRequested, section: report)
            try output.emit(document, text: report.text, to: sink)
        }
    }
}
