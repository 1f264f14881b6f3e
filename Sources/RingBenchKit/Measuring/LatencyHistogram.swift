import Histogram

/// Times of single operations: a high dynamic range histogram, three significant digits from 1 ns to 10 s.
public struct LatencyHistogram: Codable, Sendable {
    /// Whether the next operation waits for the one before; then what the machine holds up is missing from the others' times.
    enum Loop: String, Codable, Sendable { case closed, open }

    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1, highestTrackableValue: mostNanoseconds, numberOfSignificantValueDigits: .three)
    private let loop: Loop
    private static let mostNanoseconds: UInt64 = 10_000_000_000

    init(loop: Loop) { self.loop = loop }

    /// Counts times in ticks of `clock`.
    mutating func record(ticks: [UInt64], _ clock: TickClock) {
        for tick in ticks {
            let nanoseconds = Double(tick) * clock.nanosecondsPerTick
            histogram.record(UInt64(min(max(nanoseconds, 1), Double(Self.mostNanoseconds))))
        }
    }

    /// Counts one time.
    mutating func record(nanoseconds: UInt64) { histogram.record(min(max(nanoseconds, 1), Self.mostNanoseconds)) }

    /// Counts what another one did.
    mutating func add(_ other: LatencyHistogram) { histogram.add(other.histogram) }

    /// Times that were counted.
    public var count: UInt64 { histogram.totalCount }

    /// What a table shows, and JSON by its key.
    static let percentiles = [(50, "p50"), (90, "p90"), (99, "p99"), (99.9, "p99.9"), (99.99, "p99.99"), (100, "max")]

    /// In nanoseconds; nil where there are not as many values as it takes to tell.
    public func nanoseconds(at percentile: Double) -> UInt64? {
        let rarest = percentile < 100 ? (100 / (100 - percentile)).rounded() : 1
        guard Double(histogram.totalCount) >= rarest else { return nil }
        return percentile < 100 ? histogram.valueAtPercentile(percentile) : histogram.max
    }

    /// One line for a terminal.
    public var summary: String {
        guard histogram.totalCount > 0 else { return "no time was recorded" }
        let parts = Self.percentiles.compactMap { percentile, name in
            nanoseconds(at: percentile).map { "\(name) \((Double($0) / 1000).text(1))" }
        }
        return parts.joined(separator: ", ") + " us"
    }

    /// `loop`, `count`, `p50_ns` to `max_ns`, and `histogram_ns`: pairs of a value and how often it was, from which percentiles of
    /// several runs can be had.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: TextKey.self)
        try container.encode(loop, forKey: "loop")
        try container.encode(histogram.totalCount, forKey: "count")
        for (percentile, name) in Self.percentiles {
            try container.encodeIfPresent(nanoseconds(at: percentile), forKey: TextKey("\(name)_ns"))
        }
        let pairs = histogram.recordedValues().map { [$0.value, UInt64($0.count)] }
        try container.encode(pairs, forKey: "histogram_ns")
    }

    /// From what `encode` wrote.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: TextKey.self)
        self.init(loop: try container.decode(Loop.self, forKey: "loop"))
        for pair in try container.decode([[UInt64]].self, forKey: "histogram_ns") where pair.count == 2 {
            histogram.record(pair[0], count: pair[1])
        }
    }
}
