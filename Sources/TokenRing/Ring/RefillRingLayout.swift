/// Entry of io_uring zcrx's refill ring, `struct io_uring_zcrx_rqe` of linux/io_uring/zcrx.h, 16 bytes.
@frozen
public struct RefillEntry: Hashable, Sendable, BitwiseCopyable {
    /// Area token in the top 16 bits, byte offset into the area below.
    public var offset: UInt64
    /// Not used by the kernel.
    public var length: UInt32
    /// 0, or the kernel skips the entry.
    public var padding: UInt32

    /// An entry that returns the buffer at `offset`.
    @inlinable
    public init(offset: UInt64, length: UInt32 = 0) {
        self.offset = offset
        self.length = length
        padding = 0
    }
}

extension RingLayout {
    /// The layout that io_uring reports for a zcrx refill ring as `struct io_uring_zcrx_offsets {head, tail, rqes}`.
    ///
    /// User space produces: `tail` is the producer index. There are no flags words, nobody is ever woken (the kernel
    /// pulls lazily).
    public init(zcrxHead head: UInt32, tail: UInt32, rqes: UInt32, entries: UInt32) {
        self.init(
            producer: UInt64(tail), consumer: UInt64(head), entries: UInt64(rqes),
            entryStride: UInt32(MemoryLayout<RefillEntry>.stride), capacity: entries)
    }
}
