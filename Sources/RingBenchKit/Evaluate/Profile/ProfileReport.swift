import RingKernelModel

/// What an open-loop experiment found: the worker's idle time of each proposal under one rate, beside what was published.
public struct ProfileReport: Encodable, Sendable {
    let profile: Profile
    let compositions: [Composition]
    let figures: [ProfileFigures]
    let found: RateSearch.Found
    let systemCalls: SystemCallCosts
    let conditions: MeasuringConditions
    let calibration: [CalibrationRow]

    /// What the mail threads published: worker idle time, percent (sources.md C6), and what follows from it and from 0.5.
    enum Published {
        static let beforePercent = 13.13
        static let afterPercent = 26.32
        /// 13.19 % of a worker that takes 2.75 M tokens a second (0.5).
        static let savedNanosecondsPerToken = 48.0
        static let source =
            "cover letters of the autorelease series: xarray before, array of counters after, 4 flows, 11 runs (C6)"
    }

    private static let latencyKey = "latency"

    /// Idle time by proposal.
    var idle: [String: Repetitions] {
        Dictionary(
            uniqueKeysWithValues: zip(compositions, figures).map { ($0.name, $1.values(ProfileFigures.idleKey)) })
    }

    /// The rates of all runs, in tokens per second.
    var offered: Repetitions { Repetitions(figures.flatMap { $0.values(ProfileFigures.offeredKey).values }) }

    /// The threads' statements against this run.
    var findings: [PublishedFinding] { PublishedFinding.all(idle) }

    /// `proposals`, `profile`, `published`, `findings`, `conditions`, `calibration`, `system_calls`.
    public func encode(to encoder: any Encoder) throws {
        var section = encoder.container(keyedBy: TextKey.self)
        var rows = section.nestedUnkeyedContainer(forKey: "proposals")
        for index in compositions.indices {
            var row = rows.nestedContainer(keyedBy: TextKey.self)
            try encode(index, into: &row)
        }
        var head = section.nestedContainer(keyedBy: TextKey.self, forKey: "profile")
        try head.encode(profile.name, forKey: "name")
        try head.encode(profile.load, forKey: "load")
        try head.encode(figures.first?.runs.count ?? 0, forKey: "runs")
        try head.encode(profile.runMilliseconds, forKey: "run_ms")
        try head.encode(offered.median, forKey: "offered_tokens_per_s")
        try head.encode(Bootstrap().interval95(of: offered.values), forKey: "offered_tokens_per_s_ci95")
        try head.encode(profile.idlePercent, forKey: "wanted_idle_percent")
        try head.encode(idle[compositions[0].name]?.median ?? .nan, forKey: "reached_idle_percent")
        var search = head.nestedUnkeyedContainer(forKey: "search")
        for sample in found.samples {
            var step = search.nestedContainer(keyedBy: TextKey.self)
            try step.encode(sample.tokensPerSecond, forKey: "offered_tokens_per_s")
            try step.encode(sample.idlePercent, forKey: "worker_idle_percent")
            try step.encode(sample.workNanosecondsPerToken, forKey: "worker_ns_per_token")
        }
        var published = section.nestedContainer(keyedBy: TextKey.self, forKey: "published")
        try published.encode(Published.beforePercent, forKey: "before_worker_idle_percent")
        try published.encode(Published.afterPercent, forKey: "after_worker_idle_percent")
        try published.encode(Published.savedNanosecondsPerToken, forKey: "saved_ns_per_token")
        try published.encode(Published.source, forKey: "source")
        try section.encode(findings, forKey: "findings")
        try section.encode(conditions, forKey: "conditions")
        try section.encode(calibration, forKey: "calibration")
        try section.encode(systemCalls, forKey: "system_calls")
    }

    private func encode(_ index: Int, into row: inout KeyedEncodingContainer<TextKey>) throws {
        let columns = figures[index].all
        try row.encode(compositions[index].name, forKey: "name")
        try row.encode(true, forKey: "verified")
        try row.encode(compositions[index].description, forKey: "composition")
        for column in columns {
            try row.encode(column.values.median, forKey: TextKey(column.key))
            try row.encode(Bootstrap().interval95(of: column.values.values), forKey: TextKey(column.key + "_ci95"))
        }
        try row.encodeIfPresent(figures[index].latency, forKey: TextKey(Self.latencyKey))
        var evidence = Dictionary(uniqueKeysWithValues: columns.map { ($0.key, $0.evidence) })
        evidence[Self.latencyKey] = .kernelAndModel
        try row.encode(evidence, forKey: "evidence")
        try row.encode(
            Dictionary(uniqueKeysWithValues: columns.map { ($0.key, $0.values) }), forKey: "repetitions")
    }
}

extension Composition {
    /// What it consists of, for a report.
    var description: [String: String] {
        [
            "delivery": delivery.rawValue, "return": returning.rawValue, "bookkeeping": bookkeeping.name,
            "clean_up": cleanUp.rawValue, "topology": topology.rawValue, "source": source,
        ]
    }
}
