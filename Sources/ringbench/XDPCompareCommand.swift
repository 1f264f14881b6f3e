import ArgumentParser
import RingBenchKit

struct XDPCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "The receiver beside the same in C with libxdp, and the token chain beside both.",
        discussion: """
            Interleaved, each repetition on a socket of its own in copy mode on a virtual wire. Live packets come in on the \
            receiver's own core before each look; the wire's sender, or the chain's consumer, has the other core. Evidence: \
            kernel, and kernel+model for xdp tokens.
            """)

    @Option(name: .long, help: "Where packets come from: live, wire, or both.")
    var sources = "live,wire"

    @Option(name: .long, help: "Bytes of a packet, one or several.")
    var sizes = "64,1500"

    @Option(name: .long, help: "Most packets taken from RX at once, one or several.")
    var batches = "16,64,256"

    @Option(help: "On the wire, microseconds from look to look, one or several; 0 looks all the time.")
    var coalesce = "0,200"

    @Option(name: .long, help: ArgumentHelp("Packets of a repetition with live packets.", valueName: "n"))
    var liveFrames = XDPCompareConfiguration().liveFrames

    @Option(name: .long, help: ArgumentHelp("Packets of a repetition on the wire.", valueName: "n"))
    var wireFrames = XDPCompareConfiguration().wireFrames

    @Option(name: .long, help: ArgumentHelp("Repetitions of each cell.", valueName: "n"))
    var `repeat` = XDPCompareConfiguration().repetitions

    @OptionGroup var place: PlaceOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailures {
            var configuration = XDPCompareConfiguration()
            configuration.sources = try Self.list(sources, of: "--sources") { .init(rawValue: $0) }
            configuration.packetBytes = try Self.list(sizes, of: "--sizes") { UInt32($0) }
            configuration.batchSizes = try Self.list(batches, of: "--batches") { UInt32($0) }
            configuration.coalescing = try Self.list(coalesce, of: "--coalesce") { UInt32($0) }
            configuration.liveFrames = liveFrames
            configuration.wireFrames = wireFrames
            configuration.repetitions = `repeat`
            configuration.place = place.place
            try configuration.check()
            let sink = try output.open()
            let environment = HostEnvironment()
            let report = try XDPCompare.run(configuration: configuration, progress: output.progress)
            let document = ResultDocument(
                "xdp compare", configuration.described, environment, report, report.surroundings)
            try output.emit(document, text: text(report, configuration, environment), to: sink)
        }
    }

    private static func list<Value>(
        _ text: String, of option: String, _ value: (String) -> Value?
    ) throws(Failure) -> [Value] {
        let values = text.split(separator: ",").map { value(String($0)) }
        guard !values.isEmpty, !values.contains(where: { $0 == nil }) else {
            throw Failure(.usage, "\(option) is \(text): write one or several, with commas between them")
        }
        return values.compactMap { $0 }
    }

    private func text(
        _ report: XDPCompareReport, _ configuration: XDPCompareConfiguration, _ environment: HostEnvironment
    ) -> String {
        var table = TextTable([
            "packets", "receiver", "ns/packet", "spread", "CPU ns/packet", "Mpackets/s", "disturbed", "with them",
            "rx to C",
            "tokens above rx",
        ])
        for cell in report.cells {
            for row in cell.rows {
                table.add([
                    cell.load, row.receiver.rawValue, row.receiveNanosecondsPerFrame.median.text(1),
                    "\((row.receiveNanosecondsPerFrame.spread * 100).text(0)) %",
                    row.cpuNanosecondsPerFrame.median.text(0), (row.framesPerSecond.median / 1e6).text(2),
                    "\(row.disturbedDrains)", row.allDrainsNanosecondsPerFrame.median.text(1),
                    row.receiver == .swift ? interval(cell.swiftToLibrary, 2) : "",
                    row.receiver == .tokens ? interval(cell.tokensAbove, 1) : "",
                ])
            }
        }
        return """
            xdp compare: \(configuration.described.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
            \(environment.summary); receiver on CPU \(report.cpus[0]), sender or consumer on CPU \(report.cpus[1]); copy mode

            \(table.text)

            ns/packet is the receiving core between RX and FILL, user space alone (evidence: kernel; kernel+model for tokens). \
            CPU adds system calls and, live, the kernel's receive path. Drains in which the core was interrupted are disturbed and left \
            out; ns/packet with them is beside their number. In brackets 95 % intervals.
            """
    }

    private func interval(_ comparison: XDPCompareCell.Comparison, _ digits: Int) -> String {
        "\(comparison.median.text(digits)) (\(comparison.low.text(digits))-\(comparison.high.text(digits)))"
    }
}
