import CTokenRing

/// What one phase has cost so far: counter ticks between its start and end, over all its batches.
///
/// Held by the thread that runs the phase. Reading the counter twice per batch is part of the ticks; `batches` lets the
/// reader take that out again. A batch during which the thread was off its core for long says nothing about the phase: it is
/// counted, and its time and tokens are left out.
public struct CostMeter: BitwiseCopyable, Codable, Sendable {
    /// Ticks after which a batch counts as disturbed: some 100 microseconds, ten times what the dearest batch takes.
    public static let mostTicks: UInt64 = 250_000

    /// Ticks of `ctr_ticks()`, disturbed batches left out.
    public private(set) var ticks: UInt64 = 0
    /// Batches measured.
    public private(set) var batches: UInt64 = 0
    /// Tokens in them.
    public private(set) var tokens: UInt64 = 0
    /// Batches left out.
    public private(set) var disturbedBatches: UInt64 = 0
    /// Tokens of every batch, also of those left out.
    public private(set) var allTokens: UInt64 = 0

    /// A meter at zero.
    public init() {}

    /// Adds what another meter has.
    static func += (sum: inout CostMeter, other: CostMeter) {
        sum.ticks &+= other.ticks
        sum.batches &+= other.batches
        sum.tokens &+= other.tokens
        sum.disturbedBatches &+= other.disturbedBatches
        sum.allTokens &+= other.allTokens
    }

    /// The counter, at the start of a batch.
    @inlinable @inline(__always)
    public static func start() -> UInt64 { ctr_ticks() }

    /// The counter, or nil where somebody else takes the time: reading it costs as much as some tokens.
    @inline(__always)
    static func start(if isTimed: Bool) -> UInt64? { isTimed ? ctr_ticks() : nil }

    /// The counter once all that comes before was done, also what waits for memory: for spans of a packet or two, around which
    /// the plain counter may be read before a load of the span has ended.
    @inlinable @inline(__always)
    public static func ordered() -> UInt64 { ctr_ticks_ordered() }

    /// Adds a batch whose time somebody else takes.
    @inline(__always)
    mutating func count(_ count: Int) { allTokens &+= UInt64(truncatingIfNeeded: count) }

    /// Adds the batch that began at `start` and ends now; without its time where somebody else takes that.
    @inline(__always)
    mutating func add(since start: UInt64?, tokens count: Int) {
        if let start { add(since: start, until: ctr_ticks(), tokens: count) } else { self.count(count) }
    }

    /// Adds the batch that began at `start` and ends now, or at `end`; its time is left out from `most` ticks on.
    @inline(__always)
    public mutating func add(
        since start: UInt64, until end: UInt64 = ctr_ticks(), tokens count: Int, most: UInt64 = Self.mostTicks
    ) {
        let elapsed = end &- start
        allTokens &+= UInt64(truncatingIfNeeded: count)
        guard elapsed < most else {
            disturbedBatches &+= 1
            return
        }
        ticks &+= elapsed
        batches &+= 1
        tokens &+= UInt64(truncatingIfNeeded: count)
    }
}
