import ArgumentParser
import RingBenchKit

struct XDPTokensCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens",
        abstract:
            "Packets to other processes as tokens: NIC, UMEM, delivery ring, consumer, return ring, FILL ring, NIC.",
        discussion: """
            The chunks of the UMEM are the buffers of the model kernel's binding. Packets are sorted by flow; each consumer is a \
            process without privileges that maps the UMEM for reading and a ring set, reads each packet where the driver wrote \
            it, and returns the chunk. No byte of payload is copied after the driver, and this is checked by address, packet \
            by packet. Without -i it makes its own wire and traffic. Evidence: kernel+model.

            Examples:
              ringbench xdp tokens --kill-one
              ringbench xdp tokens -i eth1 -q 0 -z -d 0 --consumers 4
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Interface (default: a virtual wire of its own).", valueName: "if"))
    var interface: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Receive queue, from 0.", valueName: "n"))
    var queue: UInt32 = 0

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("With -i, how long: 10s, 500ms, 2m, 0 is until Ctrl-C.", valueName: "time"))
    var duration = "10s"

    @Option(name: .long, help: "Without -i, where packets come from: wire or live.")
    var source = XDPDemoConfiguration.Source.wire

    @Option(
        name: .long,
        help: ArgumentHelp("Packets to send (default: 1000000); with -i, to end after.", valueName: "n"))
    var frames: UInt64?

    @Option(
        name: [.customShort("s"), .customLong("packet-size")],
        help: ArgumentHelp("Without -i, bytes of a packet.", valueName: "bytes"))
    var packetSize: UInt32 = 64

    @Option(name: .long, help: ArgumentHelp("Flows that numbered packets are of, 1 to 128.", valueName: "n"))
    var flows: UInt32 = 64

    @Option(name: .long, help: ArgumentHelp("Consumer processes.", valueName: "n"))
    var consumers = 2

    @Flag(name: .long, help: "Kill one consumer in the middle, while it holds tokens.")
    var killOne = false

    @Option(name: .long, help: "When the tokens of a consumer that is gone are taken back: ring-close or last-user.")
    var cleanUp = ServeConfiguration.CleanUp.ringClose

    @Option(name: .long, help: ArgumentHelp("Entries of a delivery ring, a power of two.", valueName: "n"))
    var deliveryRing: UInt32 = 1024

    @Option(name: .long, help: ArgumentHelp("Entries of a return ring, a power of two.", valueName: "n"))
    var returnRing: UInt32 = 4096

    @Option(name: .long, help: ArgumentHelp("User and group that the consumers become.", valueName: "id"))
    var uid: UInt32 = 65534

    @OptionGroup var receiver: XDPReceiverOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var stream: StreamOptions

    func run() throws {
        try reportingFailures {
            let configuration = try asked()
            try configuration.check()
            let sink = try output.open()
            let environment = HostEnvironment()
            let report = try XDPTokens.run(
                configuration: configuration, progress: stream.progress(output, "xdp tokens", environment, sink))
            let document = ResultDocument(
                "xdp tokens", configuration.described, environment, report, report.surroundings)
            try stream.emit(document, text: XDPTokensText(report, configuration, environment).text, output, to: sink)
        }
    }

    private func asked() throws(Failure) -> XDPTokensConfiguration {
        var configuration = XDPTokensConfiguration()
        configuration.interface = interface
        configuration.queue = queue
        configuration.durationNanoseconds = try XDPReceiverOptions.nanoseconds(duration, of: "--duration")
        if interface == nil, let frames { configuration.traffic.frames = frames }
        configuration.frames = interface == nil ? nil : frames
        configuration.traffic.source = source
        configuration.traffic.packetBytes = packetSize
        configuration.traffic.flows = flows
        configuration.traffic.options = try receiver.checked()
        if source == .live {
            // A burst fits into the rings, and the next one waits until it was read.
            configuration.traffic.framesPerCall = min(512, deliveryRing)
            configuration.traffic.windowFrames = min(512, deliveryRing)
        }
        configuration.consumers = consumers
        configuration.killsOne = killOne
        configuration.rings.cleanUp = cleanUp
        configuration.rings.deliveryEntries = deliveryRing
        configuration.rings.returnEntries = returnRing
        (configuration.userID, configuration.groupID) = (uid, uid)
        return configuration
    }
}

/// The tables that a terminal shows.
struct XDPTokensText {
    private let report: XDPTokensReport
    private let configuration: XDPTokensConfiguration
    private let environment: HostEnvironment

    init(_ report: XDPTokensReport, _ configuration: XDPTokensConfiguration, _ environment: HostEnvironment) {
        self.report = report
        self.configuration = configuration
        self.environment = environment
    }

    var text: String {
        let options = configuration.described.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return """
            xdp tokens: \(options.joined(separator: ", "))
            \(environment.summary)
            \(XDPText.modes(report.mode, report.attachMode, report.memory))

            \(consumers)

            payload      \(report.payloadCopies) copies after the driver wrote it: \(report.framesCheckedByAddress) packets \
            were read at the address that the driver wrote to, \(pages)
            rate         \((report.framesPerSecond / 1e6).text(3)) M packets/s, \
            \((Double(report.bytesReceived) * 8 / report.durationSeconds / 1e9).text(3)) Gbit/s (L2) over \
            \(report.durationSeconds.text(3)) s (evidence: kernel)
            chain        \(report.receiveNanosecondsPerFrame.text(1)) ns per packet on the receiving core from RX to FILL \
            (evidence: \(report.evidence.rawValue)); \(report.cpuNanosecondsPerFrame.text(1)) ns CPU with system calls \
            (\(report.wait.rawValue))
            \(XDPText.batches(report.batches, report.calls, packets: report.framesReceived))
            UMEM         \(umem)

            \(XDPText.counters(report.statistics))
            """
    }

    private var consumers: String {
        var table = TextTable([
            "consumer", "given", "read", "refused", "lost", "taken back", "uid", "capabilities", "slept", "ended",
        ])
        for row in report.consumers {
            table.add([
                "\(row.number)", "\(row.delivered)", "\(row.received)", "\(row.refused)", "\(row.lost)",
                "\(row.takenBack)", "\(row.userID)",
                row.capabilities == 0 ? "none" : String(row.capabilities, radix: 16),
                "\(row.sleeps)", row.wasKilled ? "killed" : "\(row.exitCode)",
            ])
        }
        return table.text
    }

    private var pages: String {
        let known = report.consumers.compactMap(\.sharedPages)
        guard known.count == report.consumers.count else {
            return "physical pages cannot be compared without CAP_SYS_ADMIN"
        }
        return "\(known.min() ?? 0) of \(report.umem.frames) pages physically shared"
    }

    private var umem: String {
        let umem = report.umem
        let whole = report.isUMEMWhole ? "whole: " : ""
        return "\(whole)\(umem.frames) chunks: \(umem.inFillRing) in FILL, \(umem.inKernel) in the kernel, "
            + "\(umem.inReceiveRing) in RX, \(umem.inApplication) taken back and not posted (clean-up: \(report.cleanUp))"
    }
}
