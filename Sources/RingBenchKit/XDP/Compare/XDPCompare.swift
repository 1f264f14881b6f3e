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
    /// On the wire, microseconds from one look of the receiver to the next: what a NIC's interrupt coalescing, or the kernel's with
    /// busy polling (`gro_flush_timeout`), lets gather. 0 looks all the time and finds a packet or two.
    public var coalescing: [UInt32] = [0, 200]
    /// Live packets of a repetition.
    public var liveFrames: UInt64 = 200_000
    /// Packets on the wire of a repetition.
    public var wireFrames: UInt64 = 30_000
    /// Repetitions of each cell.
    public var repetitions = 9
    /// Where the CPUs have to lie for a repetition.
    public var place = CPUPlace.Rule.usual
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
        for time in coalescing where time > 10_000 {
            throw Failure(.usage, "--coalesce has \(time): it must be 0 to 10000 microseconds")
        }
        for frames in [liveFrames, wireFrames] where !(1...1 << 32).contains(frames) {
            throw Failure(.usage, "a repetition of \(frames) packets: it must be 1 to \(UInt64(1) << 32)")
        }
    }

    /// One for each cell.
    var loads: [ReceiveLoad] {
        sources.flatMap { source in
            packetBytes.flatMap { bytes in
                batchSizes.flatMap { batch in
                    (source == .wire ? coalescing : [0]).map { time in
                        ReceiveLoad(
                            source: source, packetBytes: bytes, batchSize: batch, coalescedMicroseconds: time,
                            frames: source == .live ? liveFrames : wireFrames)
                    }
                }
            }
        }
    }

    /// The effective options by their long names.
    public var described: [String: String] {
        [
            "sources": sources.map(\.rawValue).joined(separator: ","),
            "sizes": packetBytes.map(String.init).joined(separator: ","),
            "batches": batchSizes.map(String.init).joined(separator: ","),
            "coalesce": coalescing.map(String.init).joined(separator: ","),
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
            let place = try CPUPlace.find(configuration.place, cpus[0], cpus[1], progress)
            var window = XDPWindow(on: wire.receiverName)
            let cells = try measure(configuration, on: wire, cpus: cpus, in: place, &window, progress)
            return XDPCompareReport(cpus: cpus, cells: cells, surroundings: window.end(in: place, progress))
        }
    }

    private static func measure(
        _ configuration: XDPCompareConfiguration, on wire: VethPair, cpus: [Int], in place: CPUPlace?,
        _ window: inout XDPWindow, _ progress: Progress
    ) throws(Failure) -> [XDPCompareCell] {
        let (clock, patience) = (TickClock(), PlacePatience())
        var cells: [XDPCompareCell] = []
        for load in configuration.loads {
            progress.step("xdp compare: \(load)")
            var runs: [ReceiverKind: [ReceiveRun.Figures]] = [:]
            for repetition in 0..<configuration.repetitions {
                // Another one first each time: what came before is in the caches.
                let kinds = ReceiverKind.allCases
                for turn in kinds.indices {
                    let kind = kinds[(turn + repetition) % kinds.count]
                    let run = ReceiveRun(
                        kind: kind, load: load, cpus: cpus, clock: clock, program: configuration.program)
                    let figures: ReceiveRun.Figures
                    if let place {
                        let (measured, visits) = try place.measure(patience: patience.next) { () throws(Failure) in
                            try run.run(on: wire)
                        }
                        patience.note(visits)
                        window.add(visits)
                        figures = measured
                    } else {
                        figures = try run.run(on: wire)
                    }
                    if Interrupt.isRequested { return cells }
                    runs[kind, default: []].append(figures)
                }
            }
            cells.append(XDPCompareCell(load, runs: runs))
        }
        return cells
    }
}
