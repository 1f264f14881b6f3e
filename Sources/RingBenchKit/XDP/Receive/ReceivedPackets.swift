import TokenRingXDP

/// What `ringbench xdp rx` received. The packets are of others, so their content is not checked.
public struct ReceivedPackets: Encodable, Sendable {
    /// Packets that arrived in RX.
    public let framesReceived: UInt64
    /// Their bytes, without the frame check sequence.
    public let bytesReceived: UInt64
    /// Frames given back through FILL.
    public let framesReturned: UInt64
    /// Packets that reached a socket and were dropped there.
    public let framesLost: UInt64
    /// From the XDP program to the application; nil unless packets were stamped.
    public let residence: LatencyHistogram?
    /// Where the frames are at the end.
    public let umem: UMEMAccount
    /// Each of several queues; the rest is their sum.
    public let queues: [Queue]?

    private enum CodingKeys: String, CodingKey {
        case residence, umem, queues
        case framesReceived = "frames_received"
        case bytesReceived = "bytes_received"
        case framesReturned = "frames_returned"
        case framesLost = "frames_lost"
    }

    /// What one of several queues received into its part of the UMEM.
    public struct Queue: Encodable, Sendable {
        /// Its number.
        public let queue: UInt32
        /// Packets that arrived in its RX.
        public let framesReceived: UInt64
        /// Their bytes, without the frame check sequence.
        public let bytesReceived: UInt64
        /// Frames given back through its FILL.
        public let framesReturned: UInt64
        /// Packets that reached its socket and were dropped there.
        public let framesLost: UInt64
        /// Copy or zero copy.
        public let mode: GrantedMode
        /// Its socket's counters.
        public let statistics: XDPStatistics
        /// Where its frames are at the end.
        public let umem: UMEMAccount

        private enum CodingKeys: String, CodingKey {
            case queue, mode, statistics, umem
            case framesReceived = "frames_received"
            case bytesReceived = "bytes_received"
            case framesReturned = "frames_returned"
            case framesLost = "frames_lost"
        }
    }
}
