import ArgumentParser
import RingBenchKit
import TokenRingXDP

struct XDPCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "xdp",
        abstract: "AF_XDP: buffers that go to the kernel and come back through mapped rings, today.",
        subcommands: [
            XDPDemoCommand.self, XDPReceiveCommand.self, XDPTransmitCommand.self, XDPForwardCommand.self,
            XDPTokensCommand.self, XDPProveCommand.self, XDPCompareCommand.self, XDPCleanUpCommand.self,
        ])
}

/// What every AF_XDP receiver is made with; the letters are xdpsock's.
struct XDPReceiverOptions: ParsableArguments {
    @Flag(
        name: [.customShort("z"), .customLong("zero-copy")],
        help: "Demand zero copy, or fail (default: if the driver offers it).")
    var zeroCopy = false

    @Flag(name: [.customShort("c"), .customLong("copy")], help: "Demand copy mode.")
    var copy = false

    @Flag(
        name: [.customShort("N"), .customLong("native")],
        help: "Run the program in the driver, or fail (default: if it can).")
    var native = false

    @Flag(name: [.customShort("S"), .customLong("skb")], help: "Run the program behind the driver.")
    var skb = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Most packets taken from RX at once.", valueName: "n"))
    var batchSize: UInt32 = 64

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Bytes of a UMEM frame: 2048 or 4096; with -u any size between.", valueName: "bytes"))
    var frameSize: UInt32 = 4096

    @Flag(name: .shortAndLong, help: "Chunks of the UMEM may lie anywhere.")
    var unaligned = false

    @Option(name: .long, help: ArgumentHelp("Frames of the UMEM, a power of two.", valueName: "n"))
    var umemFrames: UInt32 = 4096

    @Flag(name: .long, help: "Have the UMEM on pages of 2 MiB; if there are none it is not, and the result says so.")
    var hugePages = false

    @Option(name: .long, help: ArgumentHelp("Slots of the RX ring, a power of two.", valueName: "n"))
    var ringSize: UInt32 = 2048

    @Option(
        name: .long,
        help: "How to wait for packets: poll sleeps, spin burns a CPU (default: poll; spin for live packets).")
    var wait: XDPWait?

    @Flag(name: [.customShort("p"), .customLong("poll")], help: "The same as --wait poll.")
    var poll = false

    @Flag(name: [.customShort("m"), .customLong("no-need-wakeup")], help: "Bind without XDP_USE_NEED_WAKEUP.")
    var noNeedWakeup = false

    @Option(
        name: [.customShort("B"), .customLong("busy-poll")],
        help: ArgumentHelp("Busy polling, with so many packets a round.", valueName: "budget"))
    var busyPoll: UInt32?

    @Option(
        name: [.customShort("n"), .long], help: ArgumentHelp("Time between live lines on stderr.", valueName: "time"))
    var interval = "1s"

    /// The options, or a failure about two that exclude each other.
    func checked(waitingBy usual: XDPWait = .poll) throws(Failure) -> XDPOptions {
        guard !(zeroCopy && copy) else { throw Failure(.usage, "-z and -c exclude each other; take one of them") }
        guard !(native && skb) else { throw Failure(.usage, "-N and -S exclude each other; take one of them") }
        guard !(poll && wait == .spin) else {
            throw Failure(.usage, "-p and --wait spin exclude each other; take one of them")
        }
        var options = XDPOptions()
        options.needsWakeup = !noNeedWakeup
        options.busyPollBudget = busyPoll
        options.intervalNanoseconds = try Self.nanoseconds(interval, of: "--interval")
        options.copyMode = zeroCopy ? .zeroCopy : copy ? .copy : .auto
        options.attachMode = native ? .native : skb ? .skb : .auto
        options.batchSize = batchSize
        options.frameBytes = frameSize
        options.isUnaligned = unaligned
        options.umemFrames = umemFrames
        options.hugePages = hugePages
        options.ringSize = ringSize
        options.wait = wait ?? usual
        return options
    }
}

extension XDPReceiverOptions {
    /// Nanoseconds of a text such as `10s`, `500ms`, `2m` or `10`.
    static func nanoseconds(_ text: String, of option: String) throws(Failure) -> Int64 {
        let units: [(String, Int64)] = [("ms", 1_000_000), ("us", 1000), ("s", 1_000_000_000), ("m", 60_000_000_000)]
        let (suffix, unit) = units.first { text.hasSuffix($0.0) } ?? ("", 1_000_000_000)
        let (product, overflow) = (Int64(text.dropLast(suffix.count)) ?? -1).multipliedReportingOverflow(by: unit)
        guard !overflow, product >= 0 else {
            throw Failure(
                .usage, "\(option) is \(text): write a whole number with s, ms, us or m, such as 10s or 500ms")
        }
        return product
    }
}

extension XDPWait: ExpressibleByArgument {}
extension XDPDemoConfiguration.Source: ExpressibleByArgument {}

/// Puts a report under the key `xdp`, and beside it what disturbed it.
struct XDPSection<Report: Encodable>: Encodable {
    let xdp: Report
    var conditions: MeasuringConditions?
}

extension ResultDocument {
    /// What a command measured on interfaces.
    init<Report>(
        _ command: String, _ options: [String: String], _ environment: HostEnvironment, _ report: Report,
        _ surroundings: XDPSurroundings
    ) where Section == XDPSection<Report> {
        self.init(
            command: command, options: options, environment: environment.with(surroundings.interfaces),
            interrupted: Interrupt.isRequested, section: XDPSection(xdp: report, conditions: surroundings.conditions))
    }
}

/// The lines that all commands print about their modes and counters.
enum XDPText {
    static func modes(_ mode: GrantedMode, _ attachMode: GrantedMode?, _ memory: GrantedMode) -> String {
        let rest = [("attach mode ", attachMode), ("UMEM pages  ", memory)].compactMap { name, mode in
            mode.map { "\(name) \(granted($0))" }
        }
        return ([copyMode(mode)] + rest).joined(separator: "\n")
    }

    static func copyMode(_ mode: GrantedMode) -> String {
        "copy mode    \(granted(mode))"
    }

    private static func granted(_ mode: GrantedMode) -> String {
        "\(mode.granted) (asked for: \(mode.requested)): \(mode.reason)"
    }

    static func batches(_ batches: BatchPercentiles?, _ calls: XDPCalls, packets: UInt64) -> String {
        let perPacket = (Double(calls.all) / Double(max(packets, 1))).text(4)
        let line = "calls        \(perPacket) a packet: \(calls.wakeups) wakeups, \(calls.waits) waits"
        guard let batches else { return line }
        return """
            batches      \(batches.mean.text(1)) packets; p50 \(batches.p50), p90 \(batches.p90), p99 \(batches.p99), \
            max \(batches.most)
            \(line)
            """
    }

    static func counters(_ statistics: XDPStatistics) -> String {
        var table = TextTable(["kernel counter", "count"])
        table.add(["rx_dropped", "\(statistics.receiveDropped)"])
        table.add(["rx_invalid_descs", "\(statistics.receiveInvalidDescriptors)"])
        table.add(["tx_invalid_descs", "\(statistics.transmitInvalidDescriptors)"])
        table.add(["rx_ring_full", "\(statistics.receiveRingFull)"])
        table.add(["rx_fill_ring_empty_descs", "\(statistics.receiveFillRingEmpty)"])
        table.add(["tx_ring_empty_descs", "\(statistics.transmitRingEmpty)"])
        return ([table.text] + statistics.explanations).joined(separator: "\n\n")
    }
}
