/// Where TokenRing stands among the rings that one could take instead, in one figure: the lower bound is none of them, nor is
/// TokenRing's own other way to publish.
public struct RingStanding: Encodable, Sendable {
    /// Which figure.
    let figure: String
    /// The fastest of the others.
    let fastestOther: RingImplementation
    /// TokenRing's time over that one's, round by round: the median, and its 95 % interval.
    let ratio: Double
    let interval: Bootstrap.Interval
    let place: Place

    /// First, or not to be told from the first, or neither.
    enum Place: String, Encodable, Sendable {
        case first
        case withinSpread = "within the spread of the first"
        case behind
    }

    private enum CodingKeys: String, CodingKey {
        case figure, ratio, place
        case fastestOther = "fastest_other"
        case interval = "ratio_ci95"
    }

    /// Nil when there is nothing beside it.
    init?(of figure: String, _ values: [RingImplementation: [Double]]) {
        let others = values.filter { ![.tokenRing, .tokenRingSlot, .lowerBound].contains($0.key) }
        guard let own = values[.tokenRing], !own.isEmpty,
            let fastest = others.min(by: { Repetitions($0.value).median < Repetitions($1.value).median })
        else { return nil }
        self.figure = figure
        fastestOther = fastest.key
        let ratios = zip(own, fastest.value).map { $0 / $1 }
        ratio = Repetitions(ratios).median
        interval = Bootstrap().interval95(of: ratios)
        // Within the spread: the interval has 1 in it, or the difference is less than the quartiles of the first lie apart.
        let spread = Repetitions(fastest.value).spread
        place = ratio <= 1 ? .first : interval.low <= 1 || ratio - 1 <= spread ? .withinSpread : .behind
    }
}
