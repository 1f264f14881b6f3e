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

    @Option(name: .shortAndLong, help: ArgumentHelp("Interface to receive on.", valueName: "if"))
    var interface: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Receive queue, from 0.", valueName: "n"))
    var queue: UInt32 = 0

    @Option(name: .long, help: ArgumentHelp("Interface to send on (default: the same).", valueName: "if"))
    var to: String?

    @Option(name: .long, help: ArgumentHelp("Queue that sends, from 0.", valueName: "n"))
    var toQueue: UInt32 = 0

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("How long: 10s, 500ms, 2m, plain numbers are seconds, 0 is until Ctrl-C.", valueName: "time")
    )
    var duration = "10s"

    @Option(
        name: .long, help: ArgumentHelp("End after so many packets (default: when the time is over).", valueName: "n"))
    var frames: UInt64?

    @OptionGroup var sockets: XDPReceiverOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var stream: StreamOptions

    func run() throws {
        try reportingFailures {
            var configuration = XDPForwardConfiguration(interface: interface)
            configuration.queue = queue
            configuration.destination = to
            configuration.destinationQueue = toQueue
            configuration.durationNanoseconds = try XDPReceiverOptions.nanoseconds(duration, of: "--duration")
            configuration.frames = frames
            configuration.options = try sockets.checked()
            try configuration.check()
            let sink = try output.open()
            let environment = HostEnvironment()
            let report = try XDPForward.run(
                configuration: configuration, progress: stream.progress(output, "xdp forward", environment, sink))
            let document = ResultDocument(
                "xdp forward", configuration.described, environment, report, report.surroundings)
            try stream.emit(document, text: text(report, configuration, environment), output, to: sink)
        }
    }

    private func text(
        _ report: XDPForwardReport, _ configuration: XDPForwardConfiguration, _ environment: HostEnvironment
    ) -> String {
        let options = configuration.described.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        var table = TextTable(["packets", "count"])
        table.add(["forwarded", "\(report.framesForwarded)"])
        table.add(["sent, frame returned through FILL", "\(report.framesReturned)"])
        table.add(["lost at the receiving socket", "\(report.framesLost)"])
        let copies = report.payloadCopies.map { "\($0) copies: each was sent from the address that it was received at" }
        return """
            xdp forward: \(options.joined(separator: ", "))
            \(environment.summary)
            \(XDPText.modes(report.mode, report.attachMode))
            sending      \(XDPText.copyMode(report.destinationMode))

            \(table.text)

            payload      \(copies ?? "not compared: some packets were not sent in time")
            rate         \((report.framesPerSecond / 1e6).text(3)) M packets/s, \
            \((Double(report.bytesForwarded) * 8 / report.durationSeconds / 1e9).text(3)) Gbit/s (L2) over \
            \(report.durationSeconds.text(3)) s (evidence: \(report.evidence.rawValue))
            forwarder    \(report.cpuNanosecondsPerFrame.text(1)) ns CPU per packet (\(report.wait.rawValue))
            \(XDPText.batches(report.batches, report.calls, packets: report.framesForwarded))

            \(XDPText.counters(report.statistics))
            """
    }
}
