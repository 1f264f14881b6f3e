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

    @Option(name: .shortAndLong, help: ArgumentHelp("Interface.", valueName: "if"))
    var interface: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Queue that sends, from 0.", valueName: "n"))
    var queue: UInt32 = 0

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("How long: 10s, 500ms, 2m, plain numbers are seconds, 0 is until Ctrl-C.", valueName: "time")
    )
    var duration = "10s"

    @Option(
        name: .long, help: ArgumentHelp("End after so many packets (default: when the time is over).", valueName: "n"))
    var frames: UInt64?

    @Option(
        name: [.customShort("s"), .customLong("packet-size")],
        help: ArgumentHelp("Bytes of a packet.", valueName: "bytes"))
    var packetSize: UInt32 = 64

    @Option(
        name: .long, help: ArgumentHelp("Source addresses that packets come from in turn, 1 to 128.", valueName: "n"))
    var flows: UInt32 = 64

    @Option(name: .long, help: ArgumentHelp("Packets per second, 0 for as fast as they go.", valueName: "n"))
    var rate: UInt64 = 0

    @OptionGroup var socket: XDPReceiverOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var stream: StreamOptions

    func run() throws {
        try reportingFailures {
            var configuration = XDPTransmitConfiguration(interface: interface)
            configuration.queue = queue
            configuration.durationNanoseconds = try XDPReceiverOptions.nanoseconds(duration, of: "--duration")
            configuration.frames = frames
            configuration.packetBytes = packetSize
            configuration.flows = flows
            configuration.packetsPerSecond = rate
            configuration.options = try socket.checked()
            try configuration.check()
            let sink = try output.open()
            let environment = HostEnvironment()
            let report = try XDPTransmit.run(
                configuration: configuration, progress: stream.progress(output, "xdp tx", environment, sink))
            let document = ResultDocument(
                "xdp tx", configuration.described, environment, report, report.surroundings)
            try stream.emit(document, text: text(report, configuration, environment), output, to: sink)
        }
    }

    private func text(
        _ report: XDPTransmitReport, _ configuration: XDPTransmitConfiguration, _ environment: HostEnvironment
    ) -> String {
        let options = configuration.described.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        var table = TextTable(["packets", "count"])
        table.add(["queued in TX", "\(report.framesQueued)"])
        table.add(["sent, back through COMPLETION", "\(report.framesSent)"])
        table.add(["outstanding at the end", "\(report.framesOutstanding)"])
        return """
            xdp tx: \(options.joined(separator: ", "))
            \(environment.summary)
            \(XDPText.copyMode(report.mode))

            \(table.text)

            rate         \((report.framesPerSecond / 1e6).text(3)) M packets/s, \
            \((Double(report.bytesSent) * 8 / report.durationSeconds / 1e9).text(3)) Gbit/s (L2) over \
            \(report.durationSeconds.text(3)) s (evidence: \(report.evidence.rawValue))
            sender       \(report.cpuNanosecondsPerFrame.text(1)) ns CPU per packet
            \(XDPText.batches(report.batches, report.calls, packets: report.framesSent))

            \(XDPText.counters(report.statistics))
            """
    }
}
