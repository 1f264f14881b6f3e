/// What `ringbench xdp compare` measured.
public struct XDPCompareReport: Encodable, Sendable {
    /// The receiver's CPU; that of the sender, or of the consumer's process.
    public let cpus: [Int]
    /// One for each source, packet size and batch.
    public let cells: [XDPCompareCell]
    /// What was around it; keys of their own in a result.
    public let surroundings: XDPSurroundings

    private enum CodingKeys: String, CodingKey { case cpus, cells }
}

/// The receivers side by side under one load.
public struct XDPCompareCell: Encodable, Sendable {
    /// What follows, in words.
    public let load: String
    /// Where packets came from.
    public let source: XDPDemoConfiguration.Source
    /// Bytes of a packet, without the frame check sequence.
    public let packetBytes: UInt32
    /// Most packets taken from RX at once.
    public let batchSize: UInt32
    /// On the wire, microseconds from one look to the next; 0 looks all the time.
    public let coalescedMicroseconds: UInt32
    /// What each receiver had.
    public let rows: [XDPCompareRow]
    /// Time of `xdp rx` to that of libxdp in C, repetition by repetition.
    public let swiftToLibrary: Comparison
    /// What `xdp tokens` takes more than `xdp rx`, in nanoseconds a packet on the receiving core.
    public let tokensAbove: Comparison
    /// The same with the drains that were left out: `XDPCompareRow.disturbedDrains`.
    public let tokensAboveInAllDrains: Comparison

    private enum CodingKeys: String, CodingKey {
        case load, source, rows
        case packetBytes = "packet_bytes"
        case batchSize = "batch_size"
        case coalescedMicroseconds = "coalesced_us"
        case swiftToLibrary = "swift_to_libxdp"
        case tokensAbove = "tokens_above_rx_ns"
        case tokensAboveInAllDrains = "tokens_above_rx_ns_of_all_drains"
    }

    /// A figure of each repetition: the median, and where 95 % of medians lie when the repetitions are drawn anew.
    public struct Comparison: Encodable, Sendable {
        /// Middle value.
        public let median: Double
        /// The lower end.
        public let low: Double
        /// The upper end.
        public let high: Double

        private enum CodingKeys: String, CodingKey {
            case median
            case low = "low_95"
            case high = "high_95"
        }

        init(_ values: [Double]) {
            let interval = Bootstrap().interval95(of: values)
            median = Repetitions(values).median
            (low, high) = (interval.low, interval.high)
        }
    }

    init(_ load: ReceiveLoad, runs: [ReceiverKind: [ReceiveRun.Figures]]) {
        source = load.source
        packetBytes = load.packetBytes
        batchSize = load.batchSize
        coalescedMicroseconds = load.coalescedMicroseconds
        self.load = load.description
        rows = ReceiverKind.allCases.map { XDPCompareRow($0, runs[$0] ?? []) }
        func compare(
            _ time: KeyPath<ReceiveRun.Figures, Double>, _ kind: ReceiverKind, with other: ReceiverKind,
            by: (Double, Double) -> Double
        ) -> Comparison {
            Comparison(zip(runs[kind] ?? [], runs[other] ?? []).map { by($0[keyPath: time], $1[keyPath: time]) })
        }
        swiftToLibrary = compare(\.receiveNanoseconds, .swift, with: .libxdp, by: /)
        tokensAbove = compare(\.receiveNanoseconds, .tokens, with: .swift, by: -)
        tokensAboveInAllDrains = compare(\.allDrainsNanoseconds, .tokens, with: .swift, by: -)
    }
}

/// One receiver under one load.
public struct XDPCompareRow: Encodable, Sendable {
    /// Which.
    public let receiver: ReceiverKind
    /// This kernel received; the chain's books are the model's.
    public let evidence: Evidence
    /// Time of the receiving core per packet from RX to FILL, user space alone, in nanoseconds; each repetition.
    public let receiveNanosecondsPerFrame: Repetitions
    /// The same with the drains that were left out.
    public let allDrainsNanosecondsPerFrame: Repetitions
    /// CPU time of the receiving thread per packet with its system calls; live, the kernel's receive path is in it.
    public let cpuNanosecondsPerFrame: Repetitions
    /// Packets per second, source and receiver together.
    public let framesPerSecond: Repetitions
    /// Drains that were left out, because the core was interrupted in them: they took more than 10 microseconds and a quarter of one
    /// for each packet, or than 100.
    public let disturbedDrains: UInt64

    private enum CodingKeys: String, CodingKey {
        case receiver, evidence
        case receiveNanosecondsPerFrame = "receive_ns_per_frame"
        case allDrainsNanosecondsPerFrame = "receive_ns_per_frame_of_all_drains"
        case cpuNanosecondsPerFrame = "cpu_ns_per_frame"
        case framesPerSecond = "frames_per_s"
        case disturbedDrains = "disturbed_drains"
    }

    init(_ receiver: ReceiverKind, _ runs: [ReceiveRun.Figures]) {
        self.receiver = receiver
        evidence = receiver == .tokens ? .kernelAndModel : .kernel
        receiveNanosecondsPerFrame = Repetitions(runs.map(\.receiveNanoseconds))
        allDrainsNanosecondsPerFrame = Repetitions(runs.map(\.allDrainsNanoseconds))
        cpuNanosecondsPerFrame = Repetitions(runs.map(\.cpuNanoseconds))
        framesPerSecond = Repetitions(runs.map(\.framesPerSecond))
        disturbedDrains = runs.reduce(0) { $0 + $1.disturbed }
    }
}
