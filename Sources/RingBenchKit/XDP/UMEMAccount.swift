/// Where the frames of a UMEM are: each in exactly one place.
public struct UMEMAccount: Encodable, Sendable, Hashable {
    /// Frames of the UMEM.
    public let frames: UInt32
    /// Bytes of each.
    public let frameBytes: UInt32
    /// In FILL, not yet taken by the kernel.
    public let inFillRing: UInt32
    /// Taken from FILL and not delivered: in the driver's ring or the pool's free list.
    public let inKernel: UInt32
    /// Delivered and not looked at.
    public let inReceiveRing: UInt32
    /// Ours.
    public let inApplication: UInt32
    /// False if the rings hold more frames than the ledger says that the kernel has.
    public let isConsistent: Bool

    private enum CodingKeys: String, CodingKey {
        case frames
        case frameBytes = "frame_bytes"
        case inFillRing = "in_fill_ring_frames"
        case inKernel = "in_kernel_frames"
        case inReceiveRing = "in_rx_ring_frames"
        case inApplication = "in_application_frames"
        case isConsistent = "is_consistent"
    }

    /// Books from the ledger (what the kernel has, FILL and RX included) and the two rings.
    init(frames: UInt32, frameBytes: UInt32, heldByKernel: UInt32, inFillRing: UInt32, inReceiveRing: UInt32) {
        self.frames = frames
        self.frameBytes = frameBytes
        self.inFillRing = inFillRing
        self.inReceiveRing = inReceiveRing
        let (inKernel, overflow) = heldByKernel.subtractingReportingOverflow(inFillRing + inReceiveRing)
        self.inKernel = overflow ? 0 : inKernel
        inApplication = frames - heldByKernel
        isConsistent = !overflow
    }

    /// The sum over parts of one UMEM; there must be one.
    init(_ parts: [UMEMAccount]) {
        func sum(_ count: KeyPath<UMEMAccount, UInt32>) -> UInt32 { parts.reduce(0) { $0 + $1[keyPath: count] } }
        (frames, frameBytes) = (sum(\.frames), parts[0].frameBytes)
        (inFillRing, inKernel, inReceiveRing) = (sum(\.inFillRing), sum(\.inKernel), sum(\.inReceiveRing))
        inApplication = sum(\.inApplication)
        isConsistent = parts.allSatisfy(\.isConsistent)
    }
}
