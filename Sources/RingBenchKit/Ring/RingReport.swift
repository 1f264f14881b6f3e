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
    /// What the two threads took an entry, waiting for each other included.
    let producer: ThreadFigures
    let consumer: ThreadFigures
    /// Median divided by the lower bound's; nil until the lower bound was measured.
    public let ratioToLowerBound: Double?
    /// Median of the ratios to the lower bound inside each round: steadier when the host changes its pace.
    public let pairedRatioToLowerBound: Double?

    /// The medians beside the raw values.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "implementation": implementation, "batch": batch, "entry_bytes": entryBytes, "capacity": capacity,
            "verified_entries_per_repetition": verifiedEntries, "ns_per_entry": nanosecondsPerEntry.median,
            "repetitions_ns_per_entry": nanosecondsPerEntry,
            "fastest_quartile_ns_per_entry": nanosecondsPerEntry.fastestQuartile,
            "slowest_quartile_ns_per_entry": nanosecondsPerEntry.slowestQuartile,
            "spread": nanosecondsPerEntry.spread, "evidence": Evidence.model,
            "producer_cpu_ns_per_entry": producer.cpuNanoseconds,
            "consumer_cpu_ns_per_entry": consumer.cpuNanoseconds,
            "producer_instructions_per_entry": Nullable(producer.instructions),
            "consumer_instructions_per_entry": Nullable(consumer.instructions),
            "ratio_to_lower_bound": ratioToLowerBound, "paired_ratio_to_lower_bound": pairedRatioToLowerBound,
        ])
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

    /// The median beside the raw values.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "implementation": implementation, "entry_bytes": entryBytes,
            "verified_round_trips_per_repetition": verifiedRoundTrips,
            "ns_per_round_trip": nanosecondsPerRoundTrip.median,
            "repetitions_ns_per_round_trip": nanosecondsPerRoundTrip, "spread": nanosecondsPerRoundTrip.spread,
            "latency": latency, "evidence": Evidence.model, "ratio_to_lower_bound": ratioToLowerBound,
            "paired_ratio_to_lower_bound": pairedRatioToLowerBound,
        ])
    }
}

/// A counter going there and back over one cache line, or over two.
public struct CacheLineResult: Encodable, Sendable {
    /// Lines used: 1, with two writers, or 2, with one writer each.
    public let lines: Int
    /// Each repetition.
    public let nanosecondsPerRoundTrip: Repetitions

    /// The median beside the raw values.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "lines": lines, "ns_per_round_trip": nanosecondsPerRoundTrip.median,
            "repetitions_ns_per_round_trip": nanosecondsPerRoundTrip, "spread": nanosecondsPerRoundTrip.spread,
            "evidence": Evidence.model,
        ])
    }
}

extension Repetitions {
    /// Median of the fastest quarter.
    var fastestQuartile: Double { quantile(0.125) }
    /// Median of the slowest quarter.
    var slowestQuartile: Double { quantile(0.875) }
}
