import TokenRing

/// What one system call costs on this kernel, measured now; or why it could not be measured.
public struct CallCost: Encodable, Sendable {
    /// Snake case, unique in a measurement, such as `dontneed_16_tokens`.
    public let name: String
    /// Nanoseconds per call, one value per repetition (the median of its rounds); nil if the kernel refused the call.
    public let nsPerCall: Repetitions?
    /// The rounds of each repetition, in order; none if the kernel refused the call.
    let rounds: [[Double]]
    /// Always `kernel`: no constant stands in for a measurement.
    public let evidence = Evidence.kernel
    /// What the figure contains.
    public let contains: String
    /// What the real use of the call would cost on top of it.
    public let leavesOut: String
    /// Why there is no figure; nil if there is one.
    public let unavailable: Refusal?

    /// A call that this kernel refused.
    public struct Refusal: Encodable, Hashable, Sendable {
        /// Positive errno.
        public let errno: Int32
        /// Which call said so, and what that means.
        public let reason: String

        init(_ error: SystemCallError) {
            errno = error.errno.rawValue
            reason = error.description
        }
    }

    init(_ figure: CallFigure, rounds: [[Double]], refusal: SystemCallError?) {
        name = figure.name
        contains = figure.contains
        leavesOut = figure.leavesOut
        self.rounds = refusal == nil ? rounds : []
        nsPerCall = self.rounds.isEmpty ? nil : Repetitions(rounds.map { Repetitions($0).median })
        unavailable = refusal.map(Refusal.init)
    }

    /// Snake-case keys; `ns_per_call` is missing where `unavailable` is given.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "name": name, "evidence": evidence, "contains": contains, "leaves_out": leavesOut,
            "ns_per_call": nsPerCall.map(EncodedCost.init), "unavailable": unavailable,
        ])
    }
}

/// A cost that follows from several calls of one measurement, repetition by repetition.
public struct DerivedCost: Encodable, Sendable {
    /// Snake case, with its unit.
    public let name: String
    /// One value per repetition, in the unit of the name.
    public let value: Repetitions
    /// The figures that it comes from and how.
    public let derivation: String

    /// Snake-case keys.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write(["name": name, "derivation": derivation, "value": EncodedCost(value)])
    }
}

/// Nanoseconds with their spread and the raw values.
struct EncodedCost: Encodable {
    let medianNs: Double
    let firstQuartileNs: Double
    let thirdQuartileNs: Double
    /// Left out where the median is 0: JSON has no infinity.
    let spread: Double?
    let valuesNs: [Double]

    init(_ cost: Repetitions) {
        medianNs = cost.median
        firstQuartileNs = cost.quantile(0.25)
        thirdQuartileNs = cost.quantile(0.75)
        spread = cost.spread.isFinite ? cost.spread : nil
        valuesNs = cost.values
    }

    private enum CodingKeys: String, CodingKey {
        case medianNs = "median_ns"
        case firstQuartileNs = "first_quartile_ns"
        case thirdQuartileNs = "third_quartile_ns"
        case spread
        case valuesNs = "values_ns"
    }
}
