/// When fragments arrive: evenly, at a fixed rate.
struct ArrivalSchedule: Codable, Sendable {
    /// Fragments in all.
    let tokens: Int
    /// Fragments per second.
    let tokensPerSecond: Double
    private let tokensPerTick: Double

    /// `tokensPerSecond` for `seconds`.
    init(tokensPerSecond: Double, seconds: Double, clock: TickClock) {
        self.init(
            tokensPerSecond: tokensPerSecond, tokens: max(1, Int(tokensPerSecond * seconds)),
            nanosecondsPerTick: clock.nanosecondsPerTick)
    }

    init(tokensPerSecond: Double, tokens: Int, nanosecondsPerTick: Double) {
        self.tokens = tokens
        self.tokensPerSecond = tokensPerSecond
        tokensPerTick = tokensPerSecond * nanosecondsPerTick / 1e9
    }

    /// Fragments that must have arrived when so many ticks have passed; never more than there are in all.
    @inline(__always)
    func due(after ticks: UInt64) -> Int {
        let due = Double(ticks) * tokensPerTick
        return due >= Double(tokens) ? tokens : Int(due)
    }

    /// Ticks that pass until so many fragments must have arrived.
    func ticks(until tokens: Int) -> UInt64 { UInt64((Double(tokens) / tokensPerTick).rounded(.up)) }

    /// From the first to the last.
    var seconds: Double { Double(tokens) / tokensPerSecond }

    /// Of the clock that it was made for.
    var nanosecondsPerTick: Double { tokensPerTick * 1e9 / tokensPerSecond }
}
