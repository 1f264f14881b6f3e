/// What two sets of runs say of one figure: how many times the first one's value the second one's is, how far that can be trusted, and
/// how far runs of the same thing lie apart.
struct FigureComparison: Encodable, Sendable {
    let name: String
    let better: SampledFigure.Better
    /// Medians, in the figure's unit.
    let first: Double
    let second: Double
    /// Second over first.
    let ratio: Double
    /// 95 %, bootstrap.
    let interval: Bootstrap.Interval
    /// The ratio from which on runs of the same thing cannot explain it, less 1; nil where too few runs tell.
    let noiseFloor: Double?
    let verdict: Verdict
    /// Values behind it, each side.
    let samples: [Int]

    enum Verdict: String, Encodable, Sendable {
        case better, worse
        case noDifferenceShown = "no difference shown"
    }

    private enum CodingKeys: String, CodingKey {
        case name, better, verdict, ratio, samples
        case first = "first_median"
        case second = "second_median"
        case interval = "ratio_ci95"
        case noiseFloor = "noise_floor"
    }

    /// Two results that were measured apart: ratio of medians. The floor is how far either's odd repetitions lie from its even ones.
    init(_ first: SampledFigure, _ second: SampledFigure, minimumEffect: Double) {
        self.init(
            first, medians: (Repetitions(first.values).median, Repetitions(second.values).median),
            ratio: Repetitions(second.values).median / Repetitions(first.values).median,
            interval: Bootstrap().interval95(of: second.values, over: first.values),
            noiseFloor: Self.larger(Self.halves(first.values), Self.halves(second.values)),
            minimumEffect: minimumEffect, samples: [first.values.count, second.values.count])
    }

    /// Blocks of one session, each with two runs of both sides: the median of the blocks' ratios. The floor is how far the later run
    /// of a side lies from its earlier one in the same block.
    init(_ figure: SampledFigure, blocks: [ComparisonBlock], minimumEffect: Double) {
        let ratios = blocks.map { ($0.second.0 + $0.second.1) / ($0.first.0 + $0.first.1) }
        let same = [blocks.map { $0.first.1 / $0.first.0 }, blocks.map { $0.second.1 / $0.second.0 }]
        self.init(
            figure,
            medians: (
                Repetitions(blocks.flatMap { [$0.first.0, $0.first.1] }).median,
                Repetitions(blocks.flatMap { [$0.second.0, $0.second.1] }).median
            ),
            ratio: Repetitions(ratios).median, interval: Bootstrap().interval95(of: ratios),
            noiseFloor: Self.larger(Self.farEnd(same[0]), Self.farEnd(same[1])), minimumEffect: minimumEffect,
            samples: [2 * blocks.count, 2 * blocks.count])
    }

    private init(
        _ figure: SampledFigure, medians: (Double, Double), ratio: Double, interval: Bootstrap.Interval,
        noiseFloor: Double?, minimumEffect: Double, samples: [Int]
    ) {
        name = figure.name
        better = figure.better
        (first, second) = medians
        self.ratio = ratio
        self.interval = interval
        self.noiseFloor = noiseFloor
        self.samples = samples
        let isShown = noiseFloor.map { floor in
            (interval.low > 1 || interval.high < 1) && Self.effect(ratio) > max(minimumEffect, floor)
        }
        verdict = isShown == true ? ((ratio < 1) == (figure.better == .lower) ? .better : .worse) : .noDifferenceShown
    }

    /// How far from 1, either way alike.
    static func effect(_ ratio: Double) -> Double { max(ratio, 1 / ratio) - 1 }

    /// The fewest runs of one thing of which is said how far they lie apart.
    private static let fewest = 6

    private static func farEnd(_ ratios: [Double]) -> Double? {
        guard ratios.count >= fewest else { return nil }
        let interval = Bootstrap().interval95(of: ratios)
        return max(effect(interval.low), effect(interval.high))
    }

    private static func halves(_ values: [Double]) -> Double? {
        guard values.count >= fewest else { return nil }
        func half(_ rest: Int) -> [Double] { values.enumerated().filter { $0.offset % 2 == rest }.map(\.element) }
        let interval = Bootstrap().interval95(of: half(1), over: half(0))
        return max(effect(interval.low), effect(interval.high))
    }

    private static func larger(_ one: Double?, _ other: Double?) -> Double? {
        guard let one, let other else { return nil }
        return max(one, other)
    }
}

/// One figure's values in a block of four runs, two of each side, in the order of time.
struct ComparisonBlock: Sendable {
    let first: (Double, Double)
    let second: (Double, Double)
}
