/// How the rings of a region tell the consumer that an entry is there.
public enum RingPublication: String, Sendable, CaseIterable {
    /// By the shared producer index, as AF_XDP and io_uring zcrx do.
    case index
    /// By a phase bit in each entry, `TOKEN_RING_FEATURE_PHASE`, as NVMe and virtio's packed rings do.
    case slot
}
