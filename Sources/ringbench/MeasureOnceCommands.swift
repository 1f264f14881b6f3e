import ArgumentParser
import RingBenchKit

/// A repetition of `evaluate` in a process of its own; not for people.
struct RunProposalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: FreshRun.subcommand, abstract: "One run of one proposal.", shouldDisplay: false)

    @Argument(help: "What to run, in JSON.")
    var assignment: String

    func run() throws {
        try reportingFailures(runsUntilInterrupted: true) { try FreshRun.runChild(assignment) }
    }
}

/// A round of `ring` in a process of its own; not for people.
struct RingRoundCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: FreshRound.subcommand, abstract: "One round of ring.", shouldDisplay: false)

    @Argument(help: "What to measure, in JSON.")
    var assignment: String

    func run() throws {
        try reportingFailures(runsUntilInterrupted: true) { try FreshRound.runChild(assignment) }
    }
}
