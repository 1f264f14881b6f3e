import TokenRing
import TokenRingXDP

/// What `ringbench xdp tokens` measured and checked.
public struct XDPTokensReport: Encodable, Sendable {
    /// This kernel received the packets, the model kept the books on them.
    public let evidence = Evidence.kernelAndModel
    /// Packets that the kernel took from the source; nil on a given interface.
    public let framesSent: UInt64?
    /// Packets taken from RX.
    public let framesReceived: UInt64
    /// Their bytes, without the frame check sequence.
    public let bytesReceived: UInt64
    /// Chunks posted to FILL again.
    public let framesReposted: UInt64
    /// Packets that reached the socket and were dropped there.
    public let framesLost: UInt64
    /// From the start to the last packet, in seconds.
    public let durationSeconds: Double
    /// Time of the receiving core per packet between RX and FILL, both included: sorting, tokens, both rings. Model and rings;
    /// what the kernel does for a packet is not in it.
    public let receiveNanosecondsPerFrame: Double
    /// Passes that are not in it, because the thread was off its core.
    public let disturbedPasses: UInt64
    /// Packets a batch; nil if none came.
    public let batches: BatchPercentiles?
    /// System calls of the receiving thread.
    public let calls: XDPCalls
    /// CPU time of the receiving thread per packet, system calls included.
    public let cpuNanosecondsPerFrame: Double
    /// How the receiver waited.
    public let wait: XDPWait
    /// What becomes of a killed consumer's tokens.
    public let cleanUp: String
    /// Copy or zero copy.
    public let mode: GrantedMode
    /// Native or skb.
    public let attachMode: GrantedMode
    /// Pages of the UMEM.
    public let memory: GrantedMode
    /// The socket's counters.
    public let statistics: XDPStatistics
    /// Where the chunks are at the end.
    public let umem: UMEMAccount
    /// One each.
    public let consumers: [TokenConsumerReport]
    /// What was around it; keys of their own in a result.
    public let surroundings: XDPSurroundings

    /// Received packets per second.
    public var framesPerSecond: Double { Double(framesReceived) / durationSeconds }
    /// Packets that were read by their address and compared with where the driver wrote them.
    public var framesCheckedByAddress: UInt64 { consumers.filter { !$0.wasKilled }.reduce(0) { $0 + $1.received } }
    /// Packets whose payload was read anywhere else than in the chunk that was posted to FILL.
    public var payloadCopies: UInt64 { consumers.reduce(0) { $0 + $1.payloadCopies } }
    /// Whether every chunk is posted again.
    public var isUMEMWhole: Bool { umem.inApplication == 0 && umem.isConsistent }

    /// Writes the measured and the derived figures.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "evidence": evidence, "frames_sent": framesSent, "frames_received": framesReceived,
            "bytes_received": bytesReceived, "frames_reposted": framesReposted, "frames_lost": framesLost,
            "frames_checked_by_address": framesCheckedByAddress, "payload_copies": payloadCopies,
            "umem_whole": isUMEMWhole, "duration_s": durationSeconds, "frames_per_s": framesPerSecond,
            "receive_ns_per_frame": receiveNanosecondsPerFrame, "disturbed_passes": disturbedPasses,
            "batches": batches, "calls": calls, "cpu_ns_per_frame": cpuNanosecondsPerFrame, "wait": wait,
            "clean_up": cleanUp, "mode": mode, "attach_mode": attachMode, "memory": memory, "statistics": statistics,
            "umem": umem,
            "consumers": consumers,
        ])
    }
}
