import ArgumentParser
import RingBenchKit

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Be the kernel of the mapped rings for other processes, until Ctrl-C.",
        discussion: """
            Whoever connects to the socket is handed a ring set on one binding, with numbered traffic for it; \
            Examples/receive_and_return.c is such a consumer. What a consumer held that ended, by whatever end, is taken \
            back as --clean-up says. At the end the books are printed; the exit code is 70 if a token or buffer is missing. \
            Whoever may write to the socket's file may connect. Evidence: model.

            Example:
              ringbench serve --socket /tmp/rings --tokens 100000
            """)

    @Option(help: ArgumentHelp("Where the Unix socket is made.", valueName: "path"))
    var socket: String

    @Option(help: ArgumentHelp("Proposal to serve (default: the one that fits --clean-up).", valueName: "name"))
    var proposal: String?

    @Option(help: "When the tokens of a ring set that is gone are taken back: last-user or ring-close.")
    var cleanUp = ServeConfiguration.CleanUp.lastUser

    @Option(help: "Sockets of a ring set whose consumer does not say.")
    var flows = 4

    @Option(
        help: ArgumentHelp("Fragments per second over all sockets, 0 for as fast as they are taken.", valueName: "n"))
    var rate: UInt64 = 0

    @Option(help: "Fragments that each ring set is given in all, 0 for no end.")
    var tokens: UInt64 = 0

    @Option(help: "Entries of a delivery ring, a power of two.")
    var deliveryRing: UInt32 = 1024

    @Option(help: "Entries of a return ring, a power of two.")
    var returnRing: UInt32 = 4096

    @Option(help: "Buffers of 4096 bytes in the binding.")
    var niovs = 32768

    @Option(help: "Decides the content of the streams.")
    var seed: UInt64 = 1

    @OptionGroup(title: "Output")
    var output: OutputOptions

    func run() throws {
        try reportingFailures(runsUntilInterrupted: true) {
            let configuration = asked
            try configuration.validate()
            let sink = try output.open()
            let progress = output.progress
            let isQuiet = output.quiet
            let report = try RingServer(configuration) { if !isQuiet { progress.note($0) } }.run()
            let document = ResultDocument(
                command: "serve", options: configuration.described, environment: HostEnvironment(),
                interrupted: false, section: report)
            try output.emit(document, text: report.text, to: sink)
            guard report.isEverythingHome else {
                throw Failure(.invariantBroken, "a token or a buffer is not where it must be; see the books")
            }
        }
    }

    private var asked: ServeConfiguration {
        var configuration = ServeConfiguration(path: socket)
        configuration.proposal = proposal
        configuration.cleanUp = cleanUp
        configuration.flows = flows
        configuration.fragmentsPerSecond = rate
        configuration.tokens = tokens
        configuration.deliveryEntries = deliveryRing
        configuration.returnEntries = returnRing
        configuration.niovs = niovs
        configuration.seed = seed
        return configuration
    }
}

extension ServeConfiguration.CleanUp: ExpressibleByArgument {}
