import TokenRingXDP

/// One network interface as `ringbench probe` shows it.
public struct InterfaceProbe: Encodable, Sendable {
    /// What the kernel told.
    public let capabilities: InterfaceCapabilities

    /// Wraps the kernel's answer.
    public init(_ capabilities: InterfaceCapabilities) { self.capabilities = capabilities }

    /// The names of the XDP features, or why they are unknown.
    public var features: Finding<[String]> {
        switch capabilities.features {
        case .known(let features): .known(features.names)
        case .unknown(let reason): .unknown(reason: reason)
        }
    }

    private enum Key: String, CodingKey {
        case name, driver
        case index = "ifindex"
        case features = "xdp_features"
        case bits = "xdp_feature_bits"
        case segments = "xdp_zc_max_segs"
    }

    /// Snake-case keys; a finding is `{"value": ...}` or `{"unknown": "reason"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(capabilities.name, forKey: .name)
        try container.encode(capabilities.index, forKey: .index)
        try container.encode(capabilities.driver, forKey: .driver)
        try container.encode(features, forKey: .features)
        try container.encodeIfPresent(capabilities.features.value?.rawValue, forKey: .bits)
        try container.encode(capabilities.zeroCopyMaxSegments, forKey: .segments)
    }
}
