import ArgumentParser
import RingBenchKit

struct XDPForwardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forward",
        abstract:
            "Sends what one queue receives through another, or back; the payload stays where the driver wrote it.",
        discussion: """
            The sockets share one UMEM: a packet's descriptor moves from RX to TX, and its frame from COMPLETION to FILL. Without \
            --to packets go back where they came from, with their Ethernet addresses exchanged. Ctrl-C prints what was \
            measured and exits with 130. Evidence: kernel.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Receive queue, from 0.", valueName: "n"))
    var queue: UInt32 = 0

    @Option(name: .long, help: ArgumentHelp("Interface to send on (default: the same).", valueName: "if"))
    var to: String?

    @Option(name: .long, help: ArgumentHelp("Queue that sends, from 0.", valueName: "n"))
    var toQueue: UInt32 = 0

    @Flag(
        name: [.customShort("F"), .customLong("frags")],
        help: "Forward packets of several frames too, as a large MTU needs them.")
    var frags = false

    @OptionGroup var common: XDPRunOptions

    func run() throws {
        try reportingFailures {
            var configuration = XDPForwardConfiguration(interface: common.interface)
            configuration.queue = queue
            configuration.destination = to
            configuration.destinationQueue = toQueue
            configuration.options = try common.sockets.checked()
            configuration.options.hasFragments = frags
            try common.run("xdp forward", configuration, XDPForward.run, text: text)
        }
    }

    private func text(_ report: XDPRunReport<ForwardedPackets>) -> XDPRunText {
        let copies = report.payloadCopies.map { "\($0) copies: each was sent from the address that it was received at" }
        return XDPRunText(
            packets: XDPRunText.counts([
                ("forwarded", report.framesForwarded), ("sent, frame returned through FILL", report.framesReturned),
                ("lost at the receiving socket", report.framesLost),
            ]),
            count: report.framesForwarded, modes: ["sending      \(XDPText.copyMode(report.destinationMode))"],
            findings: ["payload      \(copies ?? "not compared: some packets were not sent in time")"])
    }
}
