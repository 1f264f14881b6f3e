import ArgumentParser
import RingBenchKit

struct XDPTransmitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tx",
        abstract: "Sends numbered packets through TX of a queue and takes each frame back through COMPLETION.",
        discussion: """
            Every byte follows from the packet's number, so xdp tokens and xdp demo can check them. Ctrl-C prints what was \
            measured and exits with 130. Evidence: kernel.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Queue that sends, from 0.", valueName: "n"))
    var queue: UInt32 = 0

    @Option(
        name: [.customShort("s"), .customLong("packet-size")],
        help: ArgumentHelp("Bytes of a packet.", valueName: "bytes"))
    var packetSize: UInt32 = 64

    @Option(
        name: .long, help: ArgumentHelp("Source addresses that packets come from in turn, 1 to 128.", valueName: "n"))
    var flows: UInt32 = 64

    @Option(name: .long, help: ArgumentHelp("Packets per second, 0 for as fast as they go.", valueName: "n"))
    var rate: UInt64 = 0

    @OptionGroup var common: XDPRunOptions

    func run() throws {
        try reportingFailures {
            var configuration = XDPTransmitConfiguration(interface: common.interface)
            configuration.queue = queue
            configuration.packetBytes = packetSize
            configuration.flows = flows
            configuration.packetsPerSecond = rate
            configuration.options = try common.sockets.checked()
            try common.run("xdp tx", configuration, XDPTransmit.run) { report in
                XDPRunText(
                    packets: XDPRunText.counts([
                        ("queued in TX", report.framesQueued), ("sent, back through COMPLETION", report.framesSent),
                        ("outstanding at the end", UInt64(report.framesOutstanding)),
                    ]),
                    count: report.framesSent)
            }
        }
    }
}
