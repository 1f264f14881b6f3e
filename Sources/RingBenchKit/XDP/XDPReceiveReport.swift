import TokenRingXDP

/// What `ringbench xdp rx` measured. The packets are of others, so their content is not checked.
public struct XDPReceiveReport: Encodable, Sendable {
    /// Always `kernel`.
    public let evidence: Evidence
    /// Packets that arrived in RX.
    public let framesReceived: UInt64
    /// Their bytes, without the frame check sequence.
    public let bytesReceived: UInt64
    /// Frames given back through FILL.
    public let framesReturned: UInt64
    /// Packets that reached the socket and were dropped there.
    public let framesLost: UInt64
    /// How long was received, in seconds.
    public let durationSeconds: Double
    /// CPU time of the receiving thread per packet, user and system, in nanoseconds.
    public let cpuNanosecondsPerFrame: Double
    /// Packets a batch; nil if none came.
    public let batches: BatchPercentiles?
    /// From the XDP program to the application; nil unless packets were stamped.
    public let residence: LatencyHistogram?
    /// System calls of the data path.
    public let calls: XDPCalls
    /// How the receiver waited.
    public let wait: XDPWait
    /// Copy or zero copy.
    public let mode: GrantedMode
    /// Native or skb.
    public let attachMode: GrantedMode
    /// The socket's counters.
    public let statistics: XDPStatistics
    /// Where the frames are at the end.
    public let umem: UMEMAccount

    /// Received packets per second.
    public var framesPerSecond: Double { Double(framesReceived) / durationSeconds }
    /// Received bytes per second.
    public var bytesPerSecond: Double { Double(bytesReceived) / durationSeconds }

    private enum CodingKeys: String, CodingKey {
        case evidence, batches, residence, calls, wait, mode, statistics, umem
        case framesReceived = "frames_received"
        case bytesReceived = "bytes_received"
        case framesReturned = "frames_returned"
        case framesLost = "frames_lost"
        case durationSeconds = "duration_s"
        case framesPerSecond = "frames_per_s"
        case bytesPerSecond = "bytes_per_s"
        case cpuNanosecondsPerFrame = "cpu_ns_per_frame"
        case attachMode = "attach_mode"
    }

    /// Writes the measured and the derived figures.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(evidence, forKey: .evidence)
        try container.encode(framesReceived, forKey: .framesReceived)
        try container.encode(bytesReceived, forKey: .bytesReceived)
        try container.encode(framesReturned, forKey: .framesReturned)
        try container.encode(framesLost, forKey: .framesLost)
        try container.encode(durationSeconds, forKey: .durationSeconds)
        try container.encode(framesPerSecond, forKey: .framesPerSecond)
        try container.encode(bytesPerSecond, forKey: .bytesPerSecond)
        try container.encode(cpuNanosecondsPerFrame, forKey: .cpuNanosecondsPerFrame)
        try container.encodeIfPresent(batches, forKey: .batches)
        try container.encodeIfPresent(residence, forKey: .residence)
        try container.encode(calls, forKey: .calls)
        try container.encode(wait, forKey: .wait)
        try container.encode(mode, forKey: .mode)
        try container.encode(attachMode, forKey: .attachMode)
        try container.encode(statistics, forKey: .statistics)
        try container.encode(umem, forKey: .umem)
    }
}
