/// What `ringbench ring` found: keys `ring`, `round_trip`, `cache_line` and, with other projects' rings, `standings` and `peers`.
public struct RingReport: Encodable, Sendable {
    /// Entries through one ring.
    public let ring: [RingResult]
    /// One entry through two rings and back.
    public let roundTrip: [RoundTripResult]
    /// A counter with no ring around it.
    public let cacheLine: [CacheLineResult]
    /// Where TokenRing stands beside other projects' rings; empty without them.
    public let standings: [RingStanding]
    /// The producer's CPU and the consumer's.
    public let cpus: [Int]
    /// Whether the two sides were threads or processes.
    public let between: String
    /// What a side does when it finds nothing to do, the same for all.
    public let pacing: String
    let peers: RingPeers
    let conditions: MeasuringConditions

    private enum CodingKeys: String, CodingKey {
        case ring, standings, peers, conditions, between
        case roundTrip = "round_trip"
        case cacheLine = "cache_line"
        case cpus
        case pacing
    }
}

/// One implementation moving entries through one ring.
public struct RingResult: Encodable, Sendable {
    /// Whose ring.
    public let implementation: RingImplementation
    /// Entries per reserve and peek.
    public let batch: UInt32
    /// Bytes of an entry.
    public let entryBytes: UInt32
    /// Slots of the ring.
    public let capacity: UInt32
    /// Entries of one repetition, all of them compared word by word.
    public let verifiedEntries: UInt64
    /// Each repetition.
    public let nanosecondsPerEntry: Repetitions
    /// Median divided by the lower bound's; nil until the lower bound was measured.
    public let ratioToLowerBound: Double?
    /// Median of the ratios to the lower bound inside each round: steadier when the host changes its pace.
    public let pairedRatioToLowerBound: Double?

    private enum CodingKeys: String, CodingKey {
        case implementation
        case batch
        case entryBytes = "entry_bytes"
        case capacity
        case verifiedEntries = "verified_entries_per_repetition"
        case median = "ns_per_entry"
        case values = "repetitions_ns_per_entry"
        case fastest = "fastest_quartile_ns_per_entry"
        case slowest = "slowest_quartile_ns_per_entry"
        case spread
        case evidence
        case ratio = "ratio_to_lower_bound"
        case pairedRatio = "paired_ratio_to_lower_bound"
    }

    /// The medians beside the raw values.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(implementation, forKey: .implementation)
        try container.encode(batch, forKey: .batch)
        try container.encode(entryBytes, forKey: .entryBytes)
        try container.encode(capacity, forKey: .capacity)
        try container.encode(verifiedEntries, forKey: .verifiedEntries)
        try container.encode(nanosecondsPerEntry.median, forKey: .median)
        try container.encode(nanosecondsPerEntry, forKey: .values)
        try container.encode(nanosecondsPerEntry.fastestQuartile, forKey: .fastest)
        try container.encode(nanosecondsPerEntry.slowestQuartile, forKey: .slowest)
        try container.encode(nanosecondsPerEntry.spread, forKey: .spread)
        try container.encode(Evidence.model, forKey: .evidence)
        try container.encodeIfPresent(ratioToLowerBound, forKey: .ratio)
        try container.encodeIfPresent(pairedRatioToLowerBound, forKey: .pairedRatio)
    }
}

/// One implementation sending a 16-byte entry there and back.
public struct RoundTripResult: Encodable, Sendable {
    /// Whose rings.
    public let implementation: RingImplementation
    /// Bytes of the entry.
    public let entryBytes: UInt32
    /// Round trips of one repetition, all of them compared word by word on both sides.
    public let verifiedRoundTrips: UInt64
    /// Each repetition.
    public let nanosecondsPerRoundTrip: Repetitions
    /// The time of each single one, from runs in which the counter is read after each.
    let latency: LatencyHistogram
    /// Median divided by the lower bound's; nil until the lower bound was measured.
    public let ratioToLowerBound: Double?
    /// Median of the ratios to the lower bound inside each round.
    public let pairedRatioToLowerBound: Double?

    private enum CodingKeys: String, CodingKey {
        case implementation
        case entryBytes = "entry_bytes"
        case verifiedRoundTrips = "verified_round_trips_per_repetition"
        case median = "ns_per_round_trip"
        case values = "repetitions_ns_per_round_trip"
        case spread
        case latency
        case evidence
        case ratio = "ratio_to_lower_bound"
        case pairedRatio = "paired_ratio_to_lower_bound"
    }

    /// The median beside the raw values.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(implementation, forKey: .implementation)
        try container.encode(entryBytes, forKey: .entryBytes)
        try container.encode(verifiedRoundTrips, forKey: .verifiedRoundTrips)
        try container.encode(nanosecondsPerRoundTrip.median, forKey: .median)
        try container.encode(nanosecondsPerRoundTrip, forKey: .values)
        try container.encode(nanosecondsPerRoundTrip.spread, forKey: .spread)
        try container.encode(latency, forKey: .latency)
        try container.encode(Evidence.model, forKey: .evidence)
        try container.encodeIfPresent(ratioToLowerBound, forKey: .ratio)
        try container.encodeIfPresent(pairedRatioToLowerBound, forKey: .pairedRatio)
    }
}

/// A counter going there and back over one cache line, or over two.
public struct CacheLineResult: Encodable, Sendable {
    /// Lines used: 1, with two writers, or 2, with one writer each.
    public let lines: Int
    /// Each repetition.
    public let nanosecondsPerRoundTrip: Repetitions

    private enum CodingKeys: String, CodingKey {
        case lines
        case median = "ns_per_round_trip"
        case values = "repetitions_ns_per_round_trip"
        case spread
        case evidence
    }

    /// The median beside the raw values.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(lines, forKey: .lines)
        try container.encode(nanosecondsPerRoundTrip.median, forKey: .median)
        try container.encode(nanosecondsPerRoundTrip, forKey: .values)
        try container.encode(nanosecondsPerRoundTrip.spread, forKey: .spread)
        try container.encode(Evidence.model, forKey: .evidence)
    }
}

extension Repetitions {
    /// Median of the fastest quarter.
    var fastestQuartile: Double { quantile(0.125) }
    /// Median of the slowest quarter.
    var slowestQuartile: Double { quantile(0.875) }
}
