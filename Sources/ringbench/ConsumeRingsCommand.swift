import ArgumentParser
import RingBenchKit

/// The consumer's process of `evaluate`; not for people.
struct ConsumeRingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: ConsumerProcess.subcommand,
        abstract: "The other process of evaluate's mapped rings.", shouldDisplay: false)

    @Argument(help: "What to do, in JSON.")
    var assignment: String

    func run() throws {
        try reportingFailures { try ConsumerProcess.runChild(assignment) }
    }
}
