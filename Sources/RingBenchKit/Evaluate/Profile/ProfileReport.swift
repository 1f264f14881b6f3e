import RingKernelModel

/// What an open-loop experiment found: the worker's idle time of each proposal under one rate, beside what was published.
public struct ProfileReport: Encodable, Sendable {
    let profile: Profile
    let compositions: [Composition]
    let figures: [ProfileFigures]
    let found: RateSearch.Found
    let systemCalls: SystemCallCosts
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

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    /// `proposals`, `profile`, `published`, `findings`, `calibration`, `system_calls`.
    public func encode(to encoder: any Encoder) throws {
        var section = encoder.container(keyedBy: Key.self)
        var rows = section.nestedUnkeyedContainer(forKey: Key("proposals"))
        for index in compositions.indices {
            var row = rows.nestedContainer(keyedBy: Key.self)
            try encode(index, into: &row)
        }
        var head = section.nestedContainer(keyedBy: Key.self, forKey: Key("profile"))
        try head.encode(profile.name, forKey: Key("name"))
        try head.encode(profile.load, forKey: Key("load"))
        try head.encode(figures.first?.runs.count ?? 0, forKey: Key("runs"))
        try head.encode(profile.runMilliseconds, forKey: Key("run_ms"))
        try head.encode(offered.median, forKey: Key("offered_tokens_per_s"))
        try head.encode(Bootstrap().interval95(of: offered.values), forKey: Key("offered_tokens_per_s_ci95"))
        try head.encode(profile.idlePercent, forKey: Key("wanted_idle_percent"))
        try head.encode(idle[compositions[0].name]?.median ?? .nan, forKey: Key("reached_idle_percent"))
        var search = head.nestedUnkeyedContainer(forKey: Key("search"))
        for sample in found.samples {
            var step = search.nestedContainer(keyedBy: Key.self)
            try step.encode(sample.tokensPerSecond, forKey: Key("offered_tokens_per_s"))
            try step.encode(sample.idlePercent, forKey: Key("worker_idle_percent"))
            try step.encode(sample.workNanosecondsPerToken, forKey: Key("worker_ns_per_token"))
        }
        var published = section.nestedContainer(keyedBy: Key.self, forKey: Key("published"))
        try published.encode(Published.beforePercent, forKey: Key("before_worker_idle_percent"))
        try published.encode(Published.afterPercent, forKey: Key("after_worker_idle_percent"))
        try published.encode(Published.savedNanosecondsPerToken, forKey: Key("saved_ns_per_token"))
        try published.encode(Published.source, forKey: Key("source"))
        try section.encode(findings, forKey: Key("findings"))
        try section.encode(calibration, forKey: Key("calibration"))
        try section.encode(systemCalls, forKey: Key("system_calls"))
    }

    private func encode(_ index: Int, into row: inout KeyedEncodingContainer<Key>) throws {
        let columns = figures[index].all
        try row.encode(compositions[index].name, forKey: Key("name"))
        try row.encode(true, forKey: Key("verified"))
        try row.encode(compositions[index].description, forKey: Key("composition"))
        for column in columns {
            try row.encode(column.values.median, forKey: Key(column.key))
            try row.encode(Bootstrap().interval95(of: column.values.values), forKey: Key(column.key + "_ci95"))
        }
        try row.encodeIfPresent(figures[index].latency, forKey: Key(Self.latencyKey))
        var evidence = Dictionary(uniqueKeysWithValues: columns.map { ($0.key, $0.evidence) })
        evidence[Self.latencyKey] = .kernelAndModel
        try row.encode(evidence, forKey: Key("evidence"))
        try row.encode(
            Dictionary(uniqueKeysWithValues: columns.map { ($0.key, $0.values) }), forKey: Key("repetitions"))
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
