import ArgumentParser
import RingBenchKit

/// What valgrind counts the instructions of (make instructions); not for people.
struct CountedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "counted", abstract: "Operations on one thread, for an instruction counter.", shouldDisplay: false)

    @Option(help: "The proposal whose application is run.")
    var proposal: String?

    @Option(help: "The ring that is filled and emptied.")
    var ring: String?

    @Option(help: "Bytes of the ring's entries.")
    var entryBytes: UInt32 = 8

    @Option(help: "Entries per reserve and peek.")
    var batch: UInt32 = 64

    @Option(help: "Rounds of the application.")
    var rounds = 32

    /// Prints how many operations there were.
    func run() throws {
        try reportingFailures {
            if let proposal {
                print(try CountedProposal.run(proposal, rounds: rounds))
            } else if let ring, let implementation = RingImplementation(rawValue: ring) {
                print(try CountedRing.run(implementation, entryBytes: entryBytes, batch: batch))
            } else {
                throw Failure(.usage, "--proposal or --ring names what is to be run")
            }
        }
    }
}
