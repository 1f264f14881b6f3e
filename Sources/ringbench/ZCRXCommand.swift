import ArgumentParser
import RingBenchKit

/// `ringbench zcrx`.
struct ZCRXCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zcrx",
        abstract:
            "io_uring zcrx without a network card: the kernel's own refill ring, used through this package's ring.",
        discussion: """
            Needs CAP_NET_ADMIN and a kernel whose zcrx works without a device (ZCRX_REG_NODEV, Linux 7.2). The kernel copies the \
            payload then: this tests the interface, not zero copy.
            """,
        subcommands: [ZCRXProveCommand.self, ZCRXSelftestCommand.self])
}

/// `ringbench zcrx prove`.
struct ZCRXProveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Receives a checked stream through zcrx and returns every buffer through the refill ring.",
        discussion: "Ends with 1 when a byte is wrong or a buffer is missing at the end. Evidence: kernel.")

    @Option(help: ArgumentHelp("Bytes to receive.", valueName: "n"))
    var bytes = ZCRXProof().bytes

    @Option(help: ArgumentHelp("Buffers of the area, a page each.", valueName: "n"))
    var buffers = ZCRXProof().buffers

    @Option(help: ArgumentHelp("Slots of the refill ring, a power of two, fewer than buffers.", valueName: "n"))
    var ringSize = ZCRXProof().refillEntries

    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailures {
            var proof = ZCRXProof()
            proof.bytes = bytes
            proof.buffers = buffers
            proof.refillEntries = ringSize
            try proof.check()
            let sink = try output.open()
            let environment = HostEnvironment()
            let report = try proof.run(progress: output.progress)
            let document = ResultDocument(
                command: "zcrx prove",
                options: ["bytes": "\(bytes)", "buffers": "\(buffers)", "ring-size": "\(ringSize)"],
                environment: environment, interrupted: Interrupt.isRequested, section: Section(zcrx: report))
            try output.emit(document, text: text(report, environment), to: sink)
            if let finding = report.findings.first { throw Failure(.checkFailed, finding) }
        }
    }

    private struct Section: Encodable {
        let zcrx: ZCRXProofReport
    }

    private func text(_ report: ZCRXProofReport, _ environment: HostEnvironment) -> String {
        var table = TextTable(["", "count"])
        table.add(["bytes received", "\(report.receivedBytes)"])
        table.add(["bytes wrong", "\(report.wrongBytes)"])
        table.add(["buffers received", "\(report.pieces)"])
        table.add(["buffers returned through the refill ring", "\(report.returnedBuffers)"])
        table.add(["flushes because it was full", "\(report.flushesWhenFull)"])
        table.add(["receives restarted for want of buffers", "\(report.restarts)"])
        table.add(["buffers of the area", "\(report.areaBuffers)"])
        table.add(["of these the kernel had at the end", "\(report.buffersAtEnd)"])
        return """
            zcrx prove: \(report.mode)
            \(environment.summary)

            \(table.text)

            verdict      \(report.isProved ? "ok" : report.findings.joined(separator: "; ")) \
            (evidence: \(report.evidence.rawValue))
            """
    }
}
