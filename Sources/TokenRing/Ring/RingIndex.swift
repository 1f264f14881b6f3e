/// A position in a ring: a free-running 32-bit counter that wraps at 2^32.
///
/// Not `Comparable`, on purpose: after the wrap a later index is numerically smaller. Only distances mean something
/// (`net/xdp/xsk_queue.h`; six public bugs of this class are listed in design/protocol.md).
@frozen
public struct RingIndex: Hashable, Sendable, BitwiseCopyable {
    /// The counter itself.
    public var rawValue: UInt32

    /// The index with this counter value.
    @inlinable @inline(__always)
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// The index `count` entries later, modulo 2^32.
    @inlinable @inline(__always)
    public static func &+ (index: RingIndex, count: UInt32) -> RingIndex { RingIndex(index.rawValue &+ count) }

    /// The index `count` entries earlier, modulo 2^32.
    @inlinable @inline(__always)
    public static func &- (index: RingIndex, count: UInt32) -> RingIndex { RingIndex(index.rawValue &- count) }

    /// Entries from `earlier` up to this index, modulo 2^32.
    @inlinable @inline(__always)
    public func distance(from earlier: RingIndex) -> UInt32 { rawValue &- earlier.rawValue }
}

/// Entries that one `reserve` or `peek` handed out: `count` of them, the first at `first`. Empty if `count` is 0.
@frozen
public struct RingBatch: Hashable, Sendable, BitwiseCopyable {
    /// Index of the first entry.
    public var first: RingIndex
    /// How many entries; 0 means none.
    public var count: UInt32

    /// A batch of `count` entries from `first`.
    @inlinable @inline(__always)
    public init(first: RingIndex, count: UInt32) {
        self.first = first
        self.count = count
    }

    /// No entry.
    @inlinable @inline(__always)
    public static var none: RingBatch { RingBatch(first: RingIndex(0), count: 0) }

    /// Whether nothing was handed out.
    @inlinable @inline(__always)
    public var isEmpty: Bool { count == 0 }

    /// Index of the entry at `offset` from the first, for `offset` in `0 ..< count`.
    @inlinable @inline(__always)
    public subscript(offset: UInt32) -> RingIndex { first &+ offset }
}
