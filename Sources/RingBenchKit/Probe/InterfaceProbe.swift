import TokenRingXDP

/// One network interface as `ringbench probe` shows it.
public struct InterfaceProbe: Encodable, Sendable {
    /// What the kernel told.
    public let capabilities: InterfaceCapabilities

    /// Wraps the kernel's answer.
    public init(_ capabilities: InterfaceCapabilities) { self.capabilities = capabilities }

    /// The names of the XDP features, or why they are unknown.
    public var features: Finding<[String]> { capabilities.features.map(\.names) }

    /// Snake-case keys; a finding is `{"value": ...}` or `{"unknown": "reason"}`.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "name": capabilities.name, "ifindex": capabilities.index, "driver": capabilities.driver,
            "xdp_features": features, "xdp_feature_bits": capabilities.features.value?.rawValue,
            "xdp_zc_max_segs": capabilities.zeroCopyMaxSegments,
        ])
    }
}
