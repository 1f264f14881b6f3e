import ArgumentParser
import RingBenchKit

/// The consuming side of `ring --between processes`; not for people.
struct RingSideCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: RingSide.subcommand,
        abstract: "The other process of ring.", shouldDisplay: false)

    @Argument(help: "What to do, in JSON.")
    var assignment: String

    func run() throws {
        try reportingFailures { try RingSide.runChild(assignment) }
    }
}
