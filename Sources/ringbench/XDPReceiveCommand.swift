import ArgumentParser
import RingBenchKit

struct XDPReceiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rx",
        abstract: "Receives on queues of an interface, counts, and returns each frame at once.",
        discussion: """
            While it runs, the packets of these queues do not reach the rest of the system. With -M several queues share one \
            UMEM: each has a part of the frames and rings of its own. Ctrl-C prints what was measured and exits with 130. \
            Evidence: kernel.

            Examples:
              ringbench xdp rx -i eth1 -q 0 -z
              ringbench xdp rx -i eth1 -q 0-3 -M
            """)

    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: ArgumentHelp("Receive queue, from 0; with -M several: 0-3, or 0,2, or more than once.", valueName: "n"))
    var queue = ["0"]

    @Flag(name: [.customShort("M"), .customLong("shared-umem")], help: "Several queues, and one UMEM for all of them.")
    var sharedUMEM = false

    @Flag(
        name: [.customShort("F"), .customLong("frags")],
        help: "Take packets of several frames too, as a large MTU needs them.")
    var frags = false

    @Flag(
        name: [.customShort("y"), .customLong("tstamp")],
        help: "Let the XDP program write the time in front of each packet, and show how long packets were on their way."
    )
    var tstamp = false

    @OptionGroup var common: XDPRunOptions

    func run() throws {
        try reportingFailures {
            var configuration = XDPReceiveConfiguration(interface: common.interface)
            configuration.queues = try queues()
            configuration.sharesUMEM = sharedUMEM
            configuration.options = try common.sockets.checked()
            configuration.options.hasFragments = frags
            configuration.options.stampsArrival = tstamp
            try common.run("xdp rx", configuration, XDPReceive.run, text: text)
        }
    }

    /// The queues of all -q.
    private func queues() throws(Failure) -> [UInt32] {
        var queues: [UInt32] = []
        for part in queue.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
            guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last else {
                throw Failure(.usage, "--queue is \(part): write a number such as 0, or a range such as 0-3")
            }
            // A longer range ends the command, too, and takes no memory.
            queues += first...(last - first > 4096 ? first + 4096 : last)
        }
        return queues
    }

    private func text(_ report: XDPRunReport<ReceivedPackets>) -> XDPRunText {
        let residence =
            report.residence.map { "residence    from the XDP program to the application: \($0.summary)" }
            ?? "residence    not measured: --tstamp lets the XDP program write the time in front of each packet"
        return XDPRunText(packets: packets(report), count: report.framesReceived, findings: [residence])
    }

    private func packets(_ report: XDPRunReport<ReceivedPackets>) -> TextTable {
        guard let queues = report.queues else {
            return XDPRunText.counts([
                ("received", report.framesReceived), ("returned through FILL", report.framesReturned),
                ("lost at the socket", report.framesLost),
            ])
        }
        var table = TextTable(["queue", "received", "returned", "lost", "Mpackets/s", "frames", "copy mode"])
        for row in queues {
            let rate = Double(row.framesReceived) / report.durationSeconds / 1e6
            table.add([
                "\(row.queue)", "\(row.framesReceived)", "\(row.framesReturned)", "\(row.framesLost)", rate.text(3),
                "\(row.umem.frames)", row.mode.granted,
            ])
        }
        table.add([
            "all", "\(report.framesReceived)", "\(report.framesReturned)", "\(report.framesLost)",
            (report.framesPerSecond / 1e6).text(3), "\(report.umem.frames)", report.mode.granted,
        ])
        return table
    }
}
