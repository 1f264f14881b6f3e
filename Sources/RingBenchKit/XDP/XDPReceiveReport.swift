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
    /// What was around it; keys of their own in a result.
    public let surroundings: XDPSurroundings

    /// Received packets per second.
    public var framesPerSecond: Double { Double(framesReceived) / durationSeconds }
    /// Received bytes per second.
    public var bytesPerSecond: Double { Double(bytesReceived) / durationSeconds }

    /// Writes the measured and the derived figures.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "evidence": evidence, "frames_received": framesReceived, "bytes_received": bytesReceived,
            "frames_returned": framesReturned, "frames_lost": framesLost, "duration_s": durationSeconds,
            "frames_per_s": framesPerSecond, "bytes_per_s": bytesPerSecond,
            "cpu_ns_per_frame": cpuNanosecondsPerFrame, "batches": batches, "residence": residence, "calls": calls,
            "wait": wait, "mode": mode, "attach_mode": attachMode, "statistics": statistics, "umem": umem,
        ])
    }
}
