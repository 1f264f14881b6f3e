/// When enough was measured: the interval of every figure's median is narrow enough, or the repetitions are used up.
struct StopRule: Encodable, Sendable {
    /// Half of an interval's width, as a part of its median, that is wanted; nil measures all repetitions.
    let precision: Double?
    /// The widest half interval so far.
    private(set) var widest: Double?

    /// Fewer say little of themselves.
    private static let fewest = 11
    /// Looked at so often, for the intervals cost more than a round.
    private static let step = 5

    init(precision: Double?) { self.precision = precision }

    /// Whether it may end after so many rounds.
    mutating func isMet(after rounds: Int, _ figures: () -> [Repetitions]) -> Bool {
        guard let precision, rounds >= Self.fewest, (rounds - Self.fewest).isMultiple(of: Self.step) else {
            return false
        }
        note(figures())
        return (widest ?? .infinity) <= precision
    }

    /// Takes the widest interval of what was measured in the end.
    mutating func note(_ figures: [Repetitions]) {
        widest = figures.map { Bootstrap().interval95(of: $0.values).relativeHalfWidth(around: $0.median) }
            .filter(\.isFinite).max()
    }

    /// A sentence if what was wanted was not reached.
    var warning: String? {
        guard let precision, let widest, widest > precision else { return nil }
        return
            "the intervals are wider than --precision \((precision * 100).text(1)) %: up to +-\((widest * 100).text(1)) %"
    }

    /// How wide the widest interval is; nil before anything was measured.
    var text: String? { widest.map { "Every total's median is known to +-\(($0 * 100).text(1)) % or better (95 %)." } }

    private enum CodingKeys: String, CodingKey {
        case precision
        case widest = "widest_half_interval"
    }
}
