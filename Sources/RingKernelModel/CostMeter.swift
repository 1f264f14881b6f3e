import CTokenRing

/// What one phase has cost so far: counter ticks between its start and end, over all its batches.
///
/// Held by the thread that runs the phase. Reading the counter twice per batch is part of the ticks; `batches` lets the
/// reader take that out again.
public struct CostMeter: BitwiseCopyable, Sendable {
    /// Ticks of `ctr_ticks()`.
    public var ticks: UInt64 = 0
    /// Batches measured.
    public var batches: UInt64 = 0
    /// Tokens in them.
    public var tokens: UInt64 = 0

    /// A meter at zero.
    public init() {}

    /// The counter, at the start of a batch.
    @inlinable @inline(__always)
    public static func start() -> UInt64 { ctr_ticks() }

    /// Adds the batch that began at `start`.
    @inlinable @inline(__always)
    public mutating func add(since start: UInt64, tokens count: Int) {
        ticks &+= ctr_ticks() &- start
        batches &+= 1
        tokens &+= UInt64(truncatingIfNeeded: count)
    }
}
