/// What one side of a ring has seen. Counted off the fast path only.
@frozen
public struct RingStatistics: Hashable, Sendable {
    /// Times that the peer's index was further from ours than the ring is long. It can only come from a broken or
    /// hostile peer; the count of entries was clamped (rules R3 to R5 in design/sources.md).
    public var indexViolations: UInt64 = 0
    /// Times that a look at the peer's index did not give what was asked for: the ring was full for a producer, empty
    /// for a consumer.
    public var starved: UInt64 = 0

    @usableFromInline init() {}
}
