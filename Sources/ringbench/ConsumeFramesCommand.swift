import ArgumentParser
import RingBenchKit

/// A consumer's process of `xdp tokens`; not for people.
struct ConsumeFramesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: FrameConsumer.subcommand, abstract: "A consumer's process of xdp tokens.", shouldDisplay: false)

    @Argument(help: "What to do, in JSON.")
    var assignment: String

    func run() throws {
        try reportingFailures { try FrameConsumer.run(assignment) }
    }
}
