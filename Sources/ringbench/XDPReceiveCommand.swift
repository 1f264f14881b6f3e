import ArgumentParser
import RingBenchKit

struct XDPReceiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rx",
        abstract: "Receives on a queue of an interface, counts, and returns each frame at once.",
        discussion: """
            While it runs, the packets of that queue do not reach the rest of the system. Ctrl-C prints what was measured \
            and exits with 130. Evidence: kernel.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Interface.", valueName: "if"))
    var interface: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Receive queue, from 0.", valueName: "n"))
    var queue: UInt32 = 0

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("How long: 10s, 500ms, 2m, plain numbers are seconds, 0 is until Ctrl-C.", valueName: "time")
    )
    var duration = "10s"

    @Option(
        name: .long, help: ArgumentHelp("End after so many packets (default: when the time is over).", valueName: "n"))
    var frames: UInt64?

    @Flag(
        name: [.customShort("F"), .customLong("frags")],
        help: "Take packets of several frames too, as a large MTU needs them.")
    var frags = false

    @Flag(
        name: [.customShort("y"), .customLong("tstamp")],
        help: "Let the XDP program write the time in front of each packet, and show how long packets were on their way."
    )
    var tstamp = false

    @OptionGroup var receiver: XDPReceiverOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var stream: StreamOptions

    func run() throws {
        try reportingFailures {
            var configuration = XDPReceiveConfiguration(interface: interface)
            configuration.queue = queue
            configuration.durationNanoseconds = try XDPReceiverOptions.nanoseconds(duration, of: "--duration")
            configuration.frames = frames
            configuration.options = try receiver.checked()
            configuration.options.hasFragments = frags
            configuration.options.stampsArrival = tstamp
            try configuration.check()
            let sink = try output.open()
            let environment = HostEnvironment()
            let report = try XDPReceive.run(
                configuration: configuration, progress: stream.progress(output, "xdp rx", environment, sink))
            let document = ResultDocument(
                "xdp rx", configuration.described, environment, report, report.surroundings)
            try stream.emit(document, text: text(report, configuration, environment), output, to: sink)
        }
    }

    private func text(
        _ report: XDPReceiveReport, _ configuration: XDPReceiveConfiguration, _ environment: HostEnvironment
    ) -> String {
        let options = configuration.described.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        var table = TextTable(["packets", "count"])
        table.add(["received", "\(report.framesReceived)"])
        table.add(["returned through FILL", "\(report.framesReturned)"])
        table.add(["lost at the socket", "\(report.framesLost)"])
        return """
            xdp rx: \(options.joined(separator: ", "))
            \(environment.summary)
            \(XDPText.modes(report.mode, report.attachMode))

            \(table.text)

            rate         \((report.framesPerSecond / 1e6).text(3)) M packets/s, \
            \((report.bytesPerSecond * 8 / 1e9).text(3)) Gbit/s (L2) over \
            \(report.durationSeconds.text(3)) s (evidence: \(report.evidence.rawValue))
            receiver     \(report.cpuNanosecondsPerFrame.text(1)) ns CPU per packet (\(report.wait.rawValue))
            \(XDPText.batches(report.batches, report.calls, packets: report.framesReceived))
            \(XDPText.residence(report))

            \(XDPText.counters(report.statistics))
            """
    }
}
