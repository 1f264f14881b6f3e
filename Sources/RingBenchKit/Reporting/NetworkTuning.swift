/// How this host's network stack polls, for all interfaces (Documentation/admin-guide/sysctl/net.rst); "none" where the kernel has no
/// such setting.
public struct NetworkTuning: Encodable, Sendable {
    private static let settings = [
        ("busy_poll_us", "busy_poll"), ("busy_read_us", "busy_read"), ("netdev_budget_packets", "netdev_budget"),
        ("netdev_budget_us", "netdev_budget_usecs"), ("dev_weight_packets", "dev_weight"),
    ]
    private let values: [String: String]

    /// Reads /proc/sys. Only the host's first network namespace has the files.
    init() {
        values = Dictionary(
            uniqueKeysWithValues: Self.settings.map { ($0.0, HostFile.text("/proc/sys/net/core/\($0.1)") ?? "none") })
    }

    /// By key, with the unit.
    public func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }
}
