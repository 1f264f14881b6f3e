import ArgumentParser
import RingBenchKit

/// What `xdp rx`, `tx` and `forward` have in common on the command line.
struct XDPRunOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("Interface.", valueName: "if"))
    var interface: String

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

    /// Runs a command as it was asked for and prints what it measured.
    func run<Configuration: XDPRunConfiguration, Packets>(
        _ command: String, _ asked: Configuration,
        _ measure: (Configuration, Progress) throws(Failure) -> XDPRunReport<Packets>,
        text: (XDPRunReport<Packets>) -> XDPRunText
    ) throws {
        var configuration = asked
        configuration.limit = XDPRunLimit(
            durationNanoseconds: try XDPReceiverOptions.nanoseconds(duration, of: "--duration"), frames: frames)
        try configuration.check()
        let sink = try output.open()
        let environment = HostEnvironment()
        let report = try measure(configuration, stream.progress(output, command, environment, sink))
        let document = ResultDocument(command, configuration.described, environment, report, report.surroundings)
        let options = configuration.described.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let head = "\(command): \(options.joined(separator: ", "))\n\(environment.summary)"
        try stream.emit(document, text: "\(head)\n\(text(report).text(report.figures))", output, to: sink)
    }
}

/// What a terminal shows of a run: modes, the packets of this command, and the figures of any.
struct XDPRunText {
    /// What became of packets.
    var packets: TextTable
    /// Packets that system calls are counted by.
    var count: UInt64
    /// Further modes.
    var modes: [String] = []
    /// What else was found, a line each.
    var findings: [String] = []

    /// A table of counts.
    static func counts(_ rows: [(String, UInt64)]) -> TextTable {
        var table = TextTable(["packets", "count"])
        for (name, count) in rows { table.add([name, "\(count)"]) }
        return table
    }

    func text(_ figures: XDPRunFigures) -> String {
        let modes = [XDPText.modes(figures.mode, figures.attachMode, figures.memory)] + self.modes
        let rate =
            "rate         \((figures.framesPerSecond / 1e6).text(3)) M packets/s, "
            + "\((figures.bytesPerSecond * 8 / 1e9).text(3)) Gbit/s (L2) over \(figures.durationSeconds.text(3)) s "
            + "(evidence: \(figures.evidence.rawValue))"
        let lines =
            [rate, "CPU          \(figures.cpuNanosecondsPerFrame.text(1)) ns per packet (\(figures.wait.rawValue))"]
            + [XDPText.batches(figures.batches, figures.calls, packets: count)] + findings
        return [
            modes.joined(separator: "\n"), packets.text, lines.joined(separator: "\n"),
            XDPText.counters(figures.statistics),
        ].joined(separator: "\n\n")
    }
}
