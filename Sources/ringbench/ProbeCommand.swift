import ArgumentParser
import RingBenchKit

/// `ringbench probe`.
struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Says what this host can run, and what is missing for the rest.")

    @Flag(name: .long, help: "Also measure what the system calls of the proposals cost here (some 3 seconds).")
    var calls = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailures {
            let costs = try SystemCallCosts.measure(progress: output.progress)
            for c in costs.calls { print(c.name, c.nsPerCall?.median ?? -1, c.nsPerCall?.spread ?? -1, c.unavailable?.reason ?? "") }
            for c in costs.derived { print(c.name, c.value.median, c.value.quantile(0.25), c.value.quantile(0.75)) }
        }
    }
}
