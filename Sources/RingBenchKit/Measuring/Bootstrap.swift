/// How far medians of a few runs can be trusted: the percentile bootstrap (Efron 1979).
///
/// The runs are drawn anew with replacement, 10 000 times, and the middle 95 % of what the draws give are the interval. The seed is
/// fixed: the same runs give the same interval.
struct Bootstrap {
    /// Draws.
    var resamples = 10_000
    /// Decides the draws.
    var seed: UInt64 = 0x7C15_9E37

    /// The interval in which 95 % of the medians lie; NaN without values.
    func interval95(of values: [Double]) -> Interval {
        guard !values.isEmpty else { return Interval(low: .nan, high: .nan) }
        var sample = Sample(values)
        var random = SeededGenerator(seed: seed)
        return interval { sample.drawMedian(&random) }
    }

    /// The same of the median of `values` divided by that of `base`, drawn apart: two samples that have nothing to do with each other.
    func interval95(of values: [Double], over base: [Double]) -> Interval {
        guard !values.isEmpty, !base.isEmpty else { return Interval(low: .nan, high: .nan) }
        var (above, below) = (Sample(values), Sample(base))
        var random = SeededGenerator(seed: seed)
        return interval { above.drawMedian(&random) / below.drawMedian(&random) }
    }

    private func interval(_ draw: () -> Double) -> Interval {
        let all = Repetitions((0..<resamples).map { _ in draw() }.sorted())
        return Interval(low: all.quantile(0.025), high: all.quantile(0.975))
    }

    /// Two ends, in the unit of the values. In JSON an array of the two.
    struct Interval: Encodable, Sendable, Equatable {
        let low: Double
        let high: Double

        /// Half of its width, as a part of `middle`.
        func relativeHalfWidth(around middle: Double) -> Double { (high - low) / 2 / middle }

        func encode(to encoder: any Encoder) throws { try [low, high].encode(to: encoder) }
    }
}

/// Values in order, and room to note how often a draw took each: the median of a draw needs no sorting then.
private struct Sample {
    private let sorted: [Double]
    private var taken: [Int]

    init(_ values: [Double]) {
        sorted = values.sorted()
        taken = [Int](repeating: 0, count: values.count)
    }

    /// The median of as many values as there are, drawn with replacement.
    mutating func drawMedian(_ random: inout SeededGenerator) -> Double {
        let count = sorted.count
        for index in 0..<count { taken[index] = 0 }
        for _ in 0..<count { taken[random.index(below: count)] += 1 }
        var (index, passed) = (0, 0)
        func value(ofRank rank: Int) -> Double {
            while passed + taken[index] <= rank {
                passed += taken[index]
                index += 1
            }
            return sorted[index]
        }
        let lower = value(ofRank: (count - 1) / 2)
        return (lower + value(ofRank: count / 2)) / 2
    }
}
