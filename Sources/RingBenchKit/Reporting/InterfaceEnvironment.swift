import TokenRing
import TokenRingXDP

/// An interface that figures were measured on, as it was then: driver, features, queues, and how NAPI polls them. In JSON each is
/// `{"value": ...}` or `{"unknown": "reason"}`.
public struct InterfaceEnvironment: Encodable, Sendable {
    let name: String
    private let settings: Finding<InterfaceSettings>
    private let deferHardIRQs: Finding<String>
    private let groFlushTimeout: Finding<String>
    private let threaded: Finding<String>

    /// Asks for it in the calling thread's network namespace.
    init(_ name: String) {
        self.name = name
        settings = Finding { () throws(SystemCallError) in try InterfaceSettings.query(name: name) }
        deferHardIRQs = Self.attribute("napi_defer_hard_irqs", of: name)
        groFlushTimeout = Self.attribute("gro_flush_timeout", of: name)
        threaded = Self.attribute("threaded", of: name)
    }

    /// Offloads that change what a packet costs its receiver, by the kernel's names.
    private static let offloads = [
        "rx-checksum", "rx-gro", "rx-gro-hw", "rx-lro", "rx-gro-list", "tx-tcp-segmentation",
    ]

    /// All of it by key.
    public func encode(to encoder: any Encoder) throws {
        guard let settings = settings.value else { return try encoder.write(["unknown": settings.reason]) }
        let driver = settings.driver
        try encoder.write([
            "driver": settings.capabilities.driver, "driver_version": Self.told(driver.map(\.version)),
            "firmware_version": Self.told(driver.map(\.firmware)), "bus": Self.told(driver.map(\.bus)),
            "xdp_features": settings.capabilities.features.map(\.names),
            "xdp_zc_max_segs": settings.capabilities.zeroCopyMaxSegments,
            "offloads": settings.activeFeatures.map(Self.offloads), "tcp_data_split": settings.tcpDataSplit,
            "rings": settings.rings, "channels": settings.channels, "rss_queues": settings.spreadQueues,
            "napi_defer_hard_irqs": deferHardIRQs, "gro_flush_timeout_ns": groFlushTimeout,
            "napi_threaded": threaded, "napis": settings.napis,
        ])
    }

    /// Which are on. A checksum of any kind that hardware adds to what is sent counts as `tx-checksum`.
    private static func offloads(_ active: Set<String>) -> [String: Bool] {
        var offloads = Dictionary(uniqueKeysWithValues: Self.offloads.map { ($0, active.contains($0)) })
        offloads["tx-checksum"] = active.contains { $0.hasPrefix("tx-checksum-ip") }
        return offloads
    }

    private static func told(_ text: Finding<String>) -> Finding<String> {
        text.value == "" ? .unknown(reason: "the driver does not tell") : text
    }

    /// A file of the interface in /sys, which shows the network namespace of the process, not that of this thread.
    private static func attribute(_ attribute: String, of name: String) -> Finding<String> {
        let namespaces = ["self", "thread-self"].map { HostFile.destination(ofLink: "/proc/\($0)/ns/net") }
        guard namespaces[0] == namespaces[1] else {
            return .unknown(reason: "/sys shows another network namespace; see napis")
        }
        guard let text = HostFile.text("/sys/class/net/\(name)/\(attribute)") else {
            return .unknown(reason: "there is no /sys/class/net/\(name)/\(attribute)")
        }
        return .known(text)
    }
}
