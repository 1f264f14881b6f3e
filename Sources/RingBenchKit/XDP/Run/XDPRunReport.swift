import TokenRingXDP

/// The figures that `xdp rx`, `tx` and `forward` have in common.
public struct XDPRunFigures: Encodable, Sendable {
    /// Always `kernel`.
    public let evidence = Evidence.kernel
    /// How long it went on, in seconds.
    public let durationSeconds: Double
    /// Packets per second.
    public let framesPerSecond: Double
    /// Bytes per second, without the frame check sequence.
    public let bytesPerSecond: Double
    /// CPU time of the thread per packet, user and system, in nanoseconds.
    public let cpuNanosecondsPerFrame: Double
    /// Packets a batch; nil if there was none.
    public let batches: BatchPercentiles?
    /// System calls of the data path.
    public let calls: XDPCalls
    /// How it waited.
    public let wait: XDPWait
    /// Copy or zero copy, where packets come from or, of a sender, where they go.
    public let mode: GrantedMode
    /// Native or skb; nil of a sender, unless its driver sends only with a program attached.
    public let attachMode: GrantedMode?
    /// The pages of the UMEM.
    public let memory: GrantedMode
    /// The counters of the sockets that receive or, of a sender, of the one that sends.
    public let statistics: XDPStatistics
    /// What was around it; keys of their own in a result.
    public let surroundings: XDPSurroundings

    private enum CodingKeys: String, CodingKey {
        case evidence, batches, calls, wait, mode, memory, statistics
        case durationSeconds = "duration_s"
        case framesPerSecond = "frames_per_s"
        case bytesPerSecond = "bytes_per_s"
        case cpuNanosecondsPerFrame = "cpu_ns_per_frame"
        case attachMode = "attach_mode"
    }

    init(
        _ times: XDPRunTimes, packets: UInt64, bytes: UInt64, batches: BatchPercentiles?, calls: XDPCalls,
        wait: XDPWait, mode: CopyMode, attachMode: AttachMode? = nil, memory: PacketMemory, statistics: XDPStatistics
    ) {
        durationSeconds = times.seconds
        framesPerSecond = Double(packets) / times.seconds
        bytesPerSecond = Double(bytes) / times.seconds
        cpuNanosecondsPerFrame = Double(times.cpuNanoseconds) / Double(max(packets, 1))
        (self.batches, self.calls, self.wait, self.statistics) = (batches, calls, wait, statistics)
        (self.mode, self.memory) = (GrantedMode(mode), GrantedMode(memory))
        surroundings = times.surroundings
        self.attachMode = attachMode.map { GrantedMode($0) }
    }
}

/// What `xdp rx`, `tx` or `forward` measured, in JSON one object: the figures of any run, and what became of the packets.
@dynamicMemberLookup
public struct XDPRunReport<Packets: Encodable & Sendable>: Encodable, Sendable {
    /// What every run has.
    public let figures: XDPRunFigures
    /// What this command counts.
    public let packets: Packets

    /// Writes both into one object.
    public func encode(to encoder: any Encoder) throws {
        try figures.encode(to: encoder)
        try packets.encode(to: encoder)
    }

    /// What every run has.
    public subscript<Value>(dynamicMember path: KeyPath<XDPRunFigures, Value>) -> Value { figures[keyPath: path] }
    /// What this command counts.
    public subscript<Value>(dynamicMember path: KeyPath<Packets, Value>) -> Value { packets[keyPath: path] }
}
