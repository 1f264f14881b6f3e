import CTokenRing
import TokenRingXDP

/// What `ringbench xdp compare` does.
public struct XDPCompareConfiguration: Sendable {
    /// Where packets come from.
    public var sources = XDPDemoConfiguration.Source.allCases
    /// Bytes of a packet.
    public var packetBytes: [UInt32] = [64, 1500]
    /// Most packets taken from RX at once.
    public var batchSizes: [UInt32] = [16, 64, 256]
    /// Live packets of a repetition.
    public var liveFrames: UInt64 = 200_000
    /// Packets on the wire of a repetition.
    public var wireFrames: UInt64 = 30_000
    /// Repetitions of each cell.
    public var repetitions = 9
    /// This program, which is also the chain's consumer.
    public var program = "/proc/self/exe"

    /// The defaults.
    public init() {}

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    public func check() throws(Failure) {
        guard (3...1000).contains(repetitions) else {
            throw Failure(.usage, "--repeat is \(repetitions): it must be 3 to 1000")
        }
        for size in packetBytes where !(NumberedFrame.leastBytes...NumberedFrame.mostBytes).contains(size) {
            throw Failure(
                .usage,
                "--sizes has \(size): a packet has \(NumberedFrame.leastBytes) to \(NumberedFrame.mostBytes) bytes")
        }
        for size in batchSizes where !(1...ReceiveRun.burst).contains(size) {
            throw Failure(.usage, "--batches has \(size): it must be 1 to \(ReceiveRun.burst) packets")
        }
        for frames in [liveFrames, wireFrames] where !(1...1 << 32).contains(frames) {
            throw Failure(.usage, "a repetition of \(frames) packets: it must be 1 to \(UInt64(1) << 32)")
        }
    }

    /// The effective options by their long names.
    public var described: [String: String] {
        [
            "sources": sources.map(\.rawValue).joined(separator: ","),
            "sizes": packetBytes.map(String.init).joined(separator: ","),
            "batches": batchSizes.map(String.init).joined(separator: ","),
            "live-frames": "\(liveFrames)", "wire-frames": "\(wireFrames)", "repeat": "\(repetitions)",
        ]
    }
}

/// The receiver of this package beside the same one in C with libxdp, and the whole chain beside both: interleaved, each
/// repetition on a socket of its own.
public enum XDPCompare {
    /// Measures every cell. Ctrl-C ends it, and the report has the cells that are complete.
    ///
    /// - Throws: `Failure`, as `XDPDemo.run`.
    public static func run(
        configuration: XDPCompareConfiguration, progress: Progress
    ) throws(Failure) -> XDPCompareReport {
        try configuration.check()
        try Capability.require([.netAdmin, .netRaw, .sysAdmin, .bpf], for: "xdp compare")
        let cpus = XDPDemo.chosenCPUs()
        guard cpus[0] != cpus[1] else {
            throw Failure(.unavailable, "two CPUs are needed, one may be used; see taskset and cpusets")
        }
        let wire = try VethPair()
        return try wire.receiver.run { () throws(Failure) in
            _ = ctr_pin_thread(CInt(cpus[0]))
            let window = XDPWindow(on: wire.receiverName)
            let cells = try measure(configuration, on: wire, cpus: cpus, progress)
            return XDPCompareReport(cpus: cpus, cells: cells, surroundings: window.end(progress))
        }
    }

    private static func measure(
        _ configuration: XDPCompareConfiguration, on wire: VethPair, cpus: [Int], _ progress: Progress
    ) throws(Failure) -> [XDPCompareCell] {
        let clock = TickClock()
        var cells: [XDPCompareCell] = []
        for source in configuration.sources {
            for packetBytes in configuration.packetBytes {
                for batchSize in configuration.batchSizes {
                    progress.step("xdp compare: \(source.rawValue), \(packetBytes) bytes, batch \(batchSize)")
                    let frames = source == .live ? configuration.liveFrames : configuration.wireFrames
                    var runs: [ReceiverKind: [ReceiveRun.Figures]] = [:]
                    for repetition in 0..<configuration.repetitions {
                        // Another one first each time: what came before is in the caches.
                        let kinds = ReceiverKind.allCases
                        for turn in kinds.indices {
                            let kind = kinds[(turn + repetition) % kinds.count]
                            let run = ReceiveRun(
                                kind: kind, source: source, packetBytes: packetBytes, batchSize: batchSize,
                                frames: frames, cpus: cpus, clock: clock, program: configuration.program)
                            let figures = try run.run(on: wire)
                            if Interrupt.isRequested { return cells }
                            runs[kind, default: []].append(figures)
                        }
                    }
                    cells.append(
                        XDPCompareCell(source: source, packetBytes: packetBytes, batchSize: batchSize, runs: runs))
                }
            }
        }
        return cells
    }
}
