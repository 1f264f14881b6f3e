import RingKernelModel

/// What `ringbench evaluate` found: the proposals side by side, what the real calls cost, and AF_XDP's own figures.
public struct EvaluationReport: Encodable, Sendable {
    /// One row a proposal, the baseline first.
    public let proposals: [ProposalReport]
    /// How near the model is to this kernel, where both can be measured.
    let calibration: [CalibrationRow]
    /// The live costs behind the `kernel` terms.
    public let systemCalls: SystemCallCosts
    /// Warm-up, order, and what disturbed the measurement.
    let conditions: MeasuringConditions
    /// A proposal that was slowed down on purpose: its row is none of the proposal.
    public let slowed: SlowedProposal?
    /// Real frames through a real AF_XDP socket, returned through the same ring code; nil with a reason when it cannot run here.
    public let xdp: XDPReport?
    /// Why `xdp` is missing.
    public let xdpSkipped: String?

    enum CodingKeys: String, CodingKey {
        case proposals, calibration, conditions, xdp
        case systemCalls = "system_calls"
        case xdpSkipped = "xdp_skipped"
        case slowed = "slowed_on_purpose"
    }
}

/// One proposal's row.
public struct ProposalReport: Encodable, Sendable {
    /// What was run.
    public let composition: Composition
    /// Whether every run's own checks held; a run that fails them has no row.
    public let verified: Bool
    let figures: [Figure]
    /// By figure, this proposal's value as a multiple of the baseline's in the same repetition.
    let ratios: [String: Ratio]
    /// The same with the consumer in a process of its own, for proposals with rings.
    let betweenProcesses: [Figure]?

    struct Ratio: Encodable, Sendable {
        let median: Double
        let lowerQuartile: Double
        let upperQuartile: Double
        /// One a repetition: what makes the machine slower for a while makes both slower, and is not in them.
        let values: [Double]

        enum CodingKeys: String, CodingKey {
            case median, values
            case lowerQuartile = "lower_quartile"
            case upperQuartile = "upper_quartile"
        }

        /// Repetition by repetition; nil where the baseline is 0.
        init?(_ figure: Figure, to baseline: Figure) {
            let pairs = zip(figure.repetitions.values, baseline.repetitions.values)
            guard pairs.allSatisfy({ $0.1 > 0 }), !figure.repetitions.values.isEmpty else { return nil }
            let ratios = Repetitions(pairs.map { $0.0 / $0.1 })
            values = ratios.values
            (median, lowerQuartile, upperQuartile) = (ratios.median, ratios.quantile(0.25), ratios.quantile(0.75))
        }
    }

    /// Medians by their keys, and beside them evidence, spread, repetitions, terms and ratios under the same keys.
    public func encode(to encoder: any Encoder) throws {
        var row = encoder.container(keyedBy: TextKey.self)
        try row.encode(composition.name, forKey: "name")
        try row.encode(verified, forKey: "verified")
        try row.encode(composition.description, forKey: "composition")
        try encode(figures, into: &row)
        try row.encode(ratios, forKey: "ratio_to_sockopt_xarray")
        if let betweenProcesses {
            var nested = row.nestedContainer(keyedBy: TextKey.self, forKey: "between_processes")
            try encode(betweenProcesses, into: &nested)
        }
    }

    private func encode(_ figures: [Figure], into row: inout KeyedEncodingContainer<TextKey>) throws {
        for figure in figures { try row.encode(figure.repetitions.median, forKey: TextKey(figure.key)) }
        // Why is in the environment's instruction_counter.
        if !figures.contains(where: { $0.key == ProposalFigures.instructionsKey }) {
            try row.encodeNil(forKey: TextKey(ProposalFigures.instructionsKey))
        }
        func table<Value: Encodable>(_ name: String, _ value: (Figure) -> Value) throws {
            try row.encode(
                Dictionary(uniqueKeysWithValues: figures.map { ($0.key, value($0)) }), forKey: TextKey(name))
        }
        try table("evidence", \.evidence)
        try table("spread") { $0.repetitions.spread.isFinite ? $0.repetitions.spread : 0 }
        try table("repetitions", \.repetitions)
        try table("terms", \.terms)
    }
}
