/// A figure of a result with what is known of its uncertainty.
struct ReportQuantity: Sendable {
    /// Median.
    let value: Double
    /// Its interval.
    let interval: Bootstrap.Interval?
    let evidence: Evidence?
    let certainty: Certainty

    /// What the interval is, in words for a caption.
    enum Certainty: String, Sendable {
        case bootstrap = "the 95 % bootstrap interval of the median"
        case quartiles = "lower to upper quartile"
        /// Where the quartiles lie is not in the result.
        case spread = "the distance between the quartiles, drawn around the median"
        case unknown = "no interval"
    }

    /// The figure `key` of a row: with the row's own interval if it has one, else from its repetitions, else from its quartiles or
    /// their distance.
    init?(_ row: JSONValue, _ key: String, withInterval: Bool = true) {
        guard let value = row[key].number else { return nil }
        self.value = value
        evidence = (row["evidence"][key].string ?? row["evidence"].string).flatMap(Evidence.init)
        (interval, certainty) = withInterval ? Self.interval(row, key, around: value) : (nil, .unknown)
    }

    /// The median of raw values with their quartiles.
    init?(quartilesOf values: [Double], evidence: Evidence?) {
        guard !values.isEmpty else { return nil }
        let repetitions = Repetitions(values)
        value = repetitions.median
        interval = Bootstrap.Interval(low: repetitions.quantile(0.25), high: repetitions.quantile(0.75))
        (self.evidence, certainty) = (evidence, .quartiles)
    }

    private static func interval(
        _ row: JSONValue, _ key: String, around value: Double
    ) -> (Bootstrap.Interval?, Certainty) {
        if let given = Bootstrap.Interval(row["\(key)_ci95"]) { return (given, .bootstrap) }
        let repetitions = row["repetitions"][key].numbers
        if repetitions.count > 1 { return (Bootstrap().interval95(of: repetitions), .bootstrap) }
        if let quartiles = Bootstrap.Interval(row["quartiles"][key]) { return (quartiles, .quartiles) }
        guard let spread = row["spread"][key].number else { return (nil, .unknown) }
        return (Bootstrap.Interval(low: value * (1 - spread / 2), high: value * (1 + spread / 2)), .spread)
    }
}

extension Bootstrap.Interval {
    /// An array of the two ends, as JSON has it; nil for anything else.
    init?(_ ends: JSONValue) {
        let ends = ends.numbers
        guard ends.count == 2 else { return nil }
        self.init(low: ends[0], high: ends[1])
    }

    /// Both ends; nil unless both are there.
    init?(_ low: Double?, _ high: Double?) {
        guard let low, let high else { return nil }
        self.init(low: low, high: high)
    }
}
