import CTokenRing

/// Time that a proposal's application wastes on purpose, so that a comparison can be shown to notice a difference whose size is known.
struct Handicap: BitwiseCopyable, Codable, Sendable {
    /// In 1/256 ticks, which keeps fractions of a nanosecond.
    private let ticksPerToken256: UInt64

    static let none = Handicap(ticksPerToken256: 0)

    private init(ticksPerToken256: UInt64) { self.ticksPerToken256 = ticksPerToken256 }

    /// So many nanoseconds for each token.
    init(nanosecondsPerToken: Double, _ clock: TickClock) {
        ticksPerToken256 = UInt64(nanosecondsPerToken / clock.nanosecondsPerTick * 256)
    }

    /// Spends it for a batch of tokens.
    @inline(__always)
    func spend(tokens: Int) {
        guard ticksPerToken256 > 0 else { return }
        let wait = (ticksPerToken256 &* UInt64(truncatingIfNeeded: tokens)) >> 8
        let start = ctr_ticks()
        while ctr_ticks() &- start < wait {}
    }
}
