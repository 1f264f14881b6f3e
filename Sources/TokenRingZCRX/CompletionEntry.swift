/// Entry of an io_uring completion queue with entries of 32 bytes (`IORING_SETUP_CQE32`): `struct io_uring_cqe`, and behind it
/// `struct io_uring_zcrx_cqe` for a zero-copy receive.
@frozen
public struct CompletionEntry: Hashable, Sendable, BitwiseCopyable {
    /// What the request was given to be known by.
    public var userData: UInt64
    /// Bytes received, 0 for the end of the stream or of what was asked for, or -errno.
    public var result: Int32
    /// `IORING_CQE_F_*`.
    public var flags: UInt32
    /// Of a zero-copy receive: the area's number in the top 16 bits, byte offset into it below.
    public var offset: UInt64
    /// Not used.
    public var padding: UInt64

    /// Whether the request goes on and will complete again, `IORING_CQE_F_MORE`.
    @inlinable
    public var hasMore: Bool { flags & 2 != 0 }

    /// Byte offset of the payload in its area, without the area's number (`IORING_ZCRX_AREA_SHIFT` is 48).
    @inlinable
    public var areaOffset: UInt64 { offset & (1 << 48 - 1) }
}
