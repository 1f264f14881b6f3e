import TokenRingXDP

/// A mode as reports show it: what was asked for, what the kernel does, and why.
public struct GrantedMode: Encodable, Sendable, Hashable {
    /// What was asked for.
    public let requested: String
    /// What the kernel does.
    public let granted: String
    /// Why; one sentence.
    public let reason: String

    init(_ mode: CopyMode) {
        requested = mode.requested.rawValue
        granted = mode.granted.rawValue
        reason = mode.reason
    }

    init(_ mode: AttachMode) {
        requested = mode.requested.rawValue
        granted = mode.granted.rawValue
        reason = mode.reason
    }

    init(_ memory: PacketMemory) {
        requested = memory.requested.rawValue
        granted = memory.granted.rawValue
        reason = memory.reason
    }
}

extension XDPStatistics {
    /// Adds the counters of another socket.
    mutating func add(_ other: XDPStatistics) {
        receiveDropped &+= other.receiveDropped
        receiveInvalidDescriptors &+= other.receiveInvalidDescriptors
        transmitInvalidDescriptors &+= other.transmitInvalidDescriptors
        receiveRingFull &+= other.receiveRingFull
        receiveFillRingEmpty &+= other.receiveFillRingEmpty
        transmitRingEmpty &+= other.transmitRingEmpty
    }
}

/// Packets that were sent and did not arrive, by the kernel counter that says why.
public struct XDPLosses: Encodable, Sendable, Hashable {
    /// RX was full.
    public let receiveRingFull: UInt64
    /// FILL was empty.
    public let fillRingEmpty: UInt64
    /// Dropped at the socket for another reason.
    public let droppedOtherwise: UInt64
    /// No counter says why.
    public let unexplained: UInt64

    private enum CodingKeys: String, CodingKey {
        case receiveRingFull = "rx_ring_full_frames"
        case fillRingEmpty = "fill_ring_empty_frames"
        case droppedOtherwise = "rx_dropped_otherwise_frames"
        case unexplained = "unexplained_frames"
    }

    /// Attributes `lost` packets to the counters of copy mode, where each packet without a frame counts once in both
    /// `rx_dropped` and `rx_fill_ring_empty_descs`.
    init(lost: UInt64, statistics: XDPStatistics) {
        receiveRingFull = statistics.receiveRingFull
        fillRingEmpty = min(statistics.receiveDropped, statistics.receiveFillRingEmpty)
        droppedOtherwise = statistics.receiveDropped - fillRingEmpty
        let explained = statistics.lostPackets
        unexplained = lost > explained ? lost - explained : 0
    }
}

/// What `ringbench xdp demo` measured and checked.
public struct XDPReport: Encodable, Sendable {
    /// The packets came from the wire or were made by the kernel.
    public let source: XDPDemoConfiguration.Source
    /// Always `kernel`.
    public let evidence: Evidence
    /// Packets that the kernel took from the source.
    public let framesSent: UInt64
    /// Packets that arrived in RX.
    public let framesReceived: UInt64
    /// Frames given back through FILL, foreign packets' included.
    public let framesReturned: UInt64
    /// Sent and not received; all of them are in `losses`.
    public let framesLost: UInt64
    /// Always 0: otherwise there is no report.
    public let framesCorrupt: UInt64
    /// Packets of others.
    public let framesForeign: UInt64
    /// Bytes of each packet, without the frame check sequence.
    public let packetBytes: UInt32
    /// From the first packet handed to the kernel to the last one received, in seconds.
    public let durationSeconds: Double
    /// Received packets per second.
    public let framesPerSecond: Double
    /// CPU time of the receiving thread per packet, user and system, in nanoseconds. With `spin` it is the whole time.
    public let cpuNanosecondsPerFrame: Double
    /// How the receiver waited.
    public let wait: XDPWait
    /// Most packets between source and receiver; 0: no limit.
    public let windowFrames: UInt32
    /// CPUs of the source and of the receiver.
    public let cpus: [Int]
    /// Copy or zero copy.
    public let mode: GrantedMode
    /// Native or skb.
    public let attachMode: GrantedMode
    /// The pages of the UMEM.
    public let memory: GrantedMode
    /// The socket's counters.
    public let statistics: XDPStatistics
    /// Why packets were lost.
    public let losses: XDPLosses
    /// Where the frames are at the end.
    public let umem: UMEMAccount
    /// What was around it; keys of their own in a result.
    public let surroundings: XDPSurroundings

    private enum CodingKeys: String, CodingKey {
        case source, evidence, wait, cpus, mode, memory, statistics, losses, umem
        case framesSent = "frames_sent"
        case framesReceived = "frames_received"
        case framesReturned = "frames_returned"
        case framesLost = "frames_lost"
        case framesCorrupt = "frames_corrupt"
        case framesForeign = "frames_foreign"
        case packetBytes = "packet_bytes"
        case durationSeconds = "duration_s"
        case framesPerSecond = "frames_per_s"
        case cpuNanosecondsPerFrame = "cpu_ns_per_frame"
        case windowFrames = "window_frames"
        case attachMode = "attach_mode"
    }
}
