import TokenRing

/// How one network interface is set up: what figures that were measured on it depend on.
///
/// Everything is asked in the network namespace of the calling thread and needs no privilege. What the kernel or the driver does
/// not tell is `unknown` with the reason.
public struct InterfaceSettings: Hashable, Sendable {
    /// What it could do.
    public let capabilities: InterfaceCapabilities
    /// The driver's versions and the device's place.
    public let driver: Finding<DriverInformation>
    /// Names of the features that are on, such as `rx-gro`.
    public let activeFeatures: Finding<Set<String>>
    /// Sizes of the device's own rings.
    public let rings: Finding<RingSettings>
    /// How many queues are in use.
    public let channels: Finding<ChannelSettings>
    /// Queues that receive-side scaling spreads packets over.
    public let spreadQueues: Finding<[UInt32]>
    /// NAPI instances; none while the device is down, and on a veth until something needs them.
    public let napis: Finding<[NAPISettings]>

    /// Asks for all of it.
    ///
    /// - Throws: `SystemCallError`, ENODEV if there is no such interface in this namespace.
    public static func query(name: String) throws(SystemCallError) -> InterfaceSettings {
        InterfaceSettings(try InterfaceCapabilities.query(name: name))
    }

    private init(_ capabilities: InterfaceCapabilities) {
        self.capabilities = capabilities
        let index = capabilities.index
        let family = Result { () throws(SystemCallError) in try EthtoolFamily() }
        driver = Finding { () throws(SystemCallError) in try DriverInformation(interface: capabilities.name) }
        activeFeatures = Finding { () throws(SystemCallError) in try family.get().activeFeatures(of: index) }
        rings = Finding { () throws(SystemCallError) in try family.get().rings(of: index) }
        channels = Finding { () throws(SystemCallError) in try family.get().channels(of: index) }
        spreadQueues = Finding { () throws(SystemCallError) in try family.get().spreadQueues(of: index) }
        napis = Finding { () throws(SystemCallError) in try NetdevFamily().napis(of: index) }
    }

    /// Whether the kernel splits packets into headers and data, as zero copy for TCP needs it.
    public var tcpDataSplit: Finding<RingSettings.Split> {
        switch rings {
        case .known(let rings):
            rings.tcpDataSplit.map { .known($0) } ?? .unknown(reason: "the driver does not tell")
        case .unknown(let reason): .unknown(reason: reason)
        }
    }
}

/// A device's own rings (`ETHTOOL_MSG_RINGS_GET`), in descriptors; nil for what the driver does not tell.
public struct RingSettings: Hashable, Sendable, Encodable {
    /// Receive and transmit descriptors.
    public let receive, transmit: UInt32?
    /// Most that the device takes.
    public let receiveMost, transmitMost: UInt32?
    /// Bytes of a receive buffer.
    public let receiveBufferBytes: UInt32?
    /// Whether headers go into buffers of their own.
    public let tcpDataSplit: Split?
    /// Bytes from which on a packet is split.
    public let splitThresholdBytes: UInt32?

    /// `ETHTOOL_TCP_DATA_SPLIT_*`.
    public enum Split: String, Sendable, Encodable {
        /// The driver has no such setting, or decides for itself.
        case unknown
        /// Not split.
        case disabled
        /// Split.
        case enabled

        init(_ value: UInt8) { self = value == 2 ? .enabled : value == 1 ? .disabled : .unknown }
    }

    private enum CodingKeys: String, CodingKey {
        case receive = "rx"
        case transmit = "tx"
        case receiveMost = "rx_max"
        case transmitMost = "tx_max"
        case receiveBufferBytes = "rx_buf_len_bytes"
        case splitThresholdBytes = "hds_thresh_bytes"
    }
}

/// Queues of a device (`ETHTOOL_MSG_CHANNELS_GET`); nil for what the driver does not tell.
public struct ChannelSettings: Hashable, Sendable, Encodable {
    /// Queues that only receive, only transmit, or do both.
    public let receive, transmit, combined: UInt32?
    /// Most that the device has.
    public let receiveMost, transmitMost, combinedMost: UInt32?

    private enum CodingKeys: String, CodingKey {
        case receive = "rx"
        case transmit = "tx"
        case combined
        case receiveMost = "rx_max"
        case transmitMost = "tx_max"
        case combinedMost = "combined_max"
    }
}
