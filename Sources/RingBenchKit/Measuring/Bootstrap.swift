/// How far the median of a few runs can be trusted: the percentile bootstrap (Efron 1979).
///
/// The runs are drawn anew with replacement, 10 000 times, and the middle 95 % of the medians are the interval. The seed is
/// fixed: the same runs give the same interval.
struct Bootstrap {
    /// Draws.
    var resamples = 10_000
    /// Decides the draws.
    var seed: UInt64 = 0x7C15_9E37

    /// The interval in which 95 % of the medians lie; NaN without values.
    func interval95(of values: [Double]) -> Interval {
        guard !values.isEmpty else { return Interval(low: .nan, high: .nan) }
        var state = seed
        var drawn = values
        let medians = (0..<resamples).map { _ in
            for index in drawn.indices { drawn[index] = values[Self.index(&state, below: values.count)] }
            return Repetitions(drawn).median
        }
        let all = Repetitions(medians)
        return Interval(low: all.quantile(0.025), high: all.quantile(0.975))
    }

    /// Two ends, in the unit of the values. In JSON an array of the two.
    struct Interval: Encodable, Sendable, Equatable {
        let low: Double
        let high: Double

        func encode(to encoder: any Encoder) throws { try [low, high].encode(to: encoder) }
    }

    /// splitmix64 (Steele, Lea, Flood 2014), and the upper half of a product instead of a division.
    private static func index(_ state: inout UInt64, below count: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)).multipliedFullWidth(by: UInt64(count)).high)
    }
}
