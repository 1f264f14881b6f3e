import ArgumentParser
import RingBenchKit

struct XDPDemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Sends numbered packets through this kernel into a UMEM, checks each byte and returns each frame.",
        discussion: """
            Makes two network namespaces with a virtual wire between them, so it needs root and touches no interface of the \
            machine. With --source wire the packets are sent with AF_PACKET in a closed loop and none may be lost; with \
            --source live the kernel makes them at full rate and each lost one must be in a kernel counter. Evidence: kernel.
            """)

    @Option(name: .long, help: "Where packets come from: wire or live.")
    var source = XDPDemoConfiguration.Source.wire

    @Option(name: .long, help: ArgumentHelp("Packets to send.", valueName: "n"))
    var frames: UInt64 = 1_000_000

    @Option(
        name: [.customShort("s"), .customLong("packet-size")],
        help: ArgumentHelp("Bytes of a packet.", valueName: "bytes"))
    var packetSize: UInt32 = 64

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Most packets on the way at once, 0 for no limit (default: 192 on the wire, 0 live).", valueName: "n"))
    var window: UInt32?

    @Option(name: .long, help: ArgumentHelp("Live packets that one system call makes.", valueName: "n"))
    var framesPerCall = XDPDemoConfiguration().framesPerCall

    @OptionGroup var receiver: XDPReceiverOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailures {
            var configuration = XDPDemoConfiguration()
            configuration.source = source
            configuration.frames = frames
            configuration.packetBytes = packetSize
            configuration.windowFrames = window
            configuration.framesPerCall = framesPerCall
            configuration.options = try receiver.checked(waitingBy: source == .live ? .spin : .poll)
            try configuration.check()
            let sink = try output.open()
            let environment = HostEnvironment()
            let report = try XDPDemo.run(configuration: configuration, progress: output.progress)
            let document = ResultDocument(
                "xdp demo", configuration.described, environment, report, report.surroundings)
            try output.emit(document, text: text(report, configuration, environment), to: sink)
        }
    }

    private func text(
        _ report: XDPReport, _ configuration: XDPDemoConfiguration, _ environment: HostEnvironment
    ) -> String {
        let options = configuration.described.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        var table = TextTable(["packets", "count"])
        table.add(["sent", "\(report.framesSent)"])
        table.add(["received, every byte checked", "\(report.framesReceived)"])
        table.add(["returned through FILL", "\(report.framesReturned)"])
        table.add(["lost: RX ring full", "\(report.losses.receiveRingFull)"])
        table.add(["lost: FILL ring empty", "\(report.losses.fillRingEmpty)"])
        table.add(["lost: dropped otherwise", "\(report.losses.droppedOtherwise)"])
        table.add(["of others", "\(report.framesForeign)"])
        let umem = report.umem
        return """
            xdp demo: \(options.joined(separator: ", "))
            \(environment.summary); source on CPU \(report.cpus[0]), receiver on CPU \(report.cpus[1])
            \(XDPText.modes(report.mode, report.attachMode, report.memory))

            \(table.text)

            rate         \((report.framesPerSecond / 1e6).text(3)) M packets/s over \
            \(report.durationSeconds.text(3)) s (evidence: \(report.evidence.rawValue))
            receiver     \(report.cpuNanosecondsPerFrame.text(1)) ns CPU per packet (\(report.wait.rawValue))
            UMEM         \(umem.frames) frames: \(umem.inFillRing) in FILL, \(umem.inKernel) in the kernel, \
            \(umem.inReceiveRing) in RX, \(umem.inApplication) in the application

            \(XDPText.counters(report.statistics))
            """
    }
}
