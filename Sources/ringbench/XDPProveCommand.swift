import ArgumentParser
import RingBenchKit

/// `ringbench xdp prove`.
struct XDPProveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Shows of two connected interfaces that AF_XDP receives without a copy, and loses nothing.",
        discussion: """
            Binds with zero copy or fails. Then sends packets that no program hands to the socket and looks which frames of the \
            UMEM they were written into: in zero-copy mode the card or its driver writes every packet there first, in copy mode \
            nobody has a reason to. Then receives numbered packets, checks each byte and returns each frame.

            The two interfaces are the ends of one wire, in this network namespace; while it runs, the packets of the queue do not \
            reach the rest of the system. `make test-zerocopy` does it in a virtual machine. With -c it runs in copy mode, and \
            the verdict is that nothing is proved. Ends with 1 then. Evidence: kernel.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Interface that receives.", valueName: "if"))
    var interface: String

    @Option(name: .long, help: ArgumentHelp("Interface at the other end of the wire.", valueName: "if"))
    var peer: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Receive queue, from 0.", valueName: "n"))
    var queue: UInt32 = 0

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Packets for the count of written frames, no more than the driver's receive ring holds.", valueName: "n"))
    var probePackets: UInt32 = 256

    @Option(name: .long, help: ArgumentHelp("Packets to receive and check.", valueName: "n"))
    var frames: UInt64 = 1_000_000

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Most packets on the way at once, no more than the driver's receive ring holds (default: 192).",
            valueName: "n"))
    var window: UInt32?

    @OptionGroup var receiver: XDPReceiverOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailures {
            var proof = XDPProof(interface: interface, peer: peer)
            proof.queue = queue
            proof.probePackets = probePackets
            proof.frames = frames
            proof.windowFrames = window
            proof.options = try receiver.checked()
            if !receiver.copy { proof.options.copyMode = .zeroCopy }
            try proof.check()
            let sink = try output.open()
            let environment = HostEnvironment()
            let report = try proof.run(progress: output.progress)
            var options = proof.options.described
            options["interface"] = interface
            options["peer"] = peer
            options["queue"] = "\(queue)"
            options["probe-packets"] = "\(probePackets)"
            options["frames"] = "\(frames)"
            options["window"] = window.map { "\($0)" } ?? "192"
            let document = ResultDocument(
                command: "xdp prove", options: options, environment: environment,
                interrupted: Interrupt.isRequested, section: XDPSection(xdp: report))
            try output.emit(document, text: text(report, environment), to: sink)
            if let finding = report.findings.first { throw Failure(.checkFailed, finding) }
        }
    }

    private func text(_ report: XDPProofReport, _ environment: HostEnvironment) -> String {
        var table = TextTable([
            "socket", "packets", "up the stack", "to the socket", "frames written", "found in a frame",
        ])
        let probes = [report.probes.wanted, report.probes.copy, report.probes.control]
        for probe in probes {
            table.add([
                "\(probe.mode.granted), \(probe.isRedirected ? "in" : "not in") the XSKMAP", "\(probe.packetsSent)",
                "\(probe.packetsPassed)", "\(probe.packetsRedirected)", "\(probe.framesWritten)",
                "\(probe.framesHoldingPacket)",
            ])
        }
        let traffic = report.traffic
        return """
            xdp prove: \(interface) from \(peer), queue \(queue)
            \(environment.summary)
            \(XDPText.modes(traffic.mode, traffic.attachMode, traffic.memory))

            \(table.text)

            traffic      \(traffic.framesReceived) of \(traffic.framesSent) packets received, \(traffic.framesLost) lost, \
            \(traffic.framesCorrupt) wrong; \(traffic.framesReturned) frames returned through FILL
            verdict      \(report.isProved ? "ok, zero copy" : report.findings.joined(separator: "; ")) \
            (evidence: \(report.evidence.rawValue))
            """
    }
}
