import CXDP
import Glibc
import TokenRing

/// What the kernel counted on one socket since it was made, `XDP_STATISTICS`. Counters only rise.
public struct XDPStatistics: Hashable, Sendable, Encodable {
    /// Packets that were dropped: no frame in FILL (also counted in `receiveFillRingEmpty`), or longer than a frame. A full RX
    /// ring is not among them.
    public var receiveDropped: UInt64 = 0
    /// Meant for entries of FILL with an address outside the UMEM, which the kernel skips. Always 0 on Linux 6.18: it counts
    /// them in FILL's queue and reports RX's (xsk_getsockopt). `FrameOwnership` tells of them in debug builds.
    public var receiveInvalidDescriptors: UInt64 = 0
    /// Entries of TX that the kernel refused: outside the UMEM, over a frame's end, unknown options.
    public var transmitInvalidDescriptors: UInt64 = 0
    /// Packets that were dropped because the RX ring was full: the receiver is too slow.
    public var receiveRingFull: UInt64 = 0
    /// Times that the kernel found FILL empty: frames come back too slowly. In copy mode one per dropped packet.
    public var receiveFillRingEmpty: UInt64 = 0
    /// Times that the kernel found TX empty; `poll` on a socket with a TX ring counts too, so it is no sign of trouble.
    public var transmitRingEmpty: UInt64 = 0

    /// All zero.
    public init() {}

    /// The kernel's names.
    private enum CodingKeys: String, CodingKey {
        case receiveDropped = "rx_dropped"
        case receiveInvalidDescriptors = "rx_invalid_descs"
        case transmitInvalidDescriptors = "tx_invalid_descs"
        case receiveRingFull = "rx_ring_full"
        case receiveFillRingEmpty = "rx_fill_ring_empty_descs"
        case transmitRingEmpty = "tx_ring_empty_descs"
    }

    /// Asks the kernel.
    init(socket: CInt) throws(SystemCallError) {
        var raw = xdp_statistics()
        var length = socklen_t(MemoryLayout<xdp_statistics>.size)
        guard getsockopt(socket, SOL_XDP, XDP_STATISTICS, &raw, &length) == 0 else {
            throw SystemCallError("getsockopt(XDP_STATISTICS)", errno: errno)
        }
        receiveDropped = raw.rx_dropped
        receiveInvalidDescriptors = raw.rx_invalid_descs
        transmitInvalidDescriptors = raw.tx_invalid_descs
        receiveRingFull = raw.rx_ring_full
        receiveFillRingEmpty = raw.rx_fill_ring_empty_descs
        transmitRingEmpty = raw.tx_ring_empty_descs
    }

    /// What each counter that is not zero means and what to do, one sentence each, the kernel's name first.
    public var explanations: [String] {
        let beyond = receiveDropped &- min(receiveFillRingEmpty, receiveDropped)
        return [
            (
                receiveFillRingEmpty, "rx_fill_ring_empty_descs",
                "FILL was empty; return frames sooner or have more of them"
            ),
            (
                beyond, "rx_dropped",
                "packets were longer than a frame has room for; take larger frames or several a packet"
            ),
            (receiveRingFull, "rx_ring_full", "RX was full; receive faster or make RX longer"),
            (
                receiveInvalidDescriptors, "rx_invalid_descs",
                "FILL held addresses outside the UMEM, which the kernel skipped"
            ),
            (
                transmitInvalidDescriptors, "tx_invalid_descs",
                "TX held descriptors that the kernel skipped: outside the UMEM, over a frame's end, or unknown options"
            ),
        ].filter { $0.0 > 0 }.map { "\($0.1) \($0.0): \($0.2)" }
    }

    /// Packets that reached the socket and were not delivered. An empty FILL ring is part of `receiveDropped`.
    public var lostPackets: UInt64 { receiveDropped &+ receiveRingFull }
}
