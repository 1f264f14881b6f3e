/// What one call costs on this kernel, measured.
public struct CallCost: Encodable, Sendable {
    /// The call and its size.
    public let name: String
    /// Nanoseconds a call; empty when the kernel refused it.
    public let nsPerCall: Repetitions
    /// What the figure holds, and what a real token call would have on top.
    public let contains: String
    /// Why there is no figure, with the errno.
    public let unavailable: String?

    enum CodingKeys: String, CodingKey {
        case name, contains, unavailable, spread, evidence
        case median = "ns_per_call"
        case nsPerCall = "repetitions_ns_per_call"
    }

    /// The median beside the raw values.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(contains, forKey: .contains)
        try container.encode(Evidence.kernel, forKey: .evidence)
        try container.encode(nsPerCall, forKey: .nsPerCall)
        try container.encodeIfPresent(unavailable, forKey: .unavailable)
        guard !nsPerCall.values.isEmpty else { return }
        try container.encode(nsPerCall.median, forKey: .median)
        try container.encode(nsPerCall.spread, forKey: .spread)
    }
}
