import Glibc
import TokenRing

/// The generic netlink family `ethtool`, through which the kernel tells how a device is set up since Linux 5.6
/// (Documentation/netlink/specs/ethtool.yaml; numbers of include/uapi/linux/ethtool_netlink.h).
final class EthtoolFamily {
    private let socket: GenericNetlinkSocket
    private let identifier: UInt16

    /// What can be asked for.
    private enum Request: UInt8 {
        case features = 11
        case rings = 15
        case channels = 17
        case receiveSideScaling = 38
    }

    /// Opens a socket in the calling thread's network namespace and looks the family up.
    ///
    /// - Throws: `SystemCallError`, ENOENT on a kernel without it.
    init() throws(SystemCallError) {
        socket = try GenericNetlinkSocket()
        identifier = try socket.family(named: "ethtool")
    }

    /// The names of the features that are on, as the kernel writes them (net/ethtool/common.c): `rx-gro`, `rx-checksum` and so on.
    func activeFeatures(of index: UInt32) throws(SystemCallError) -> Set<String> {
        // ETHTOOL_A_FEATURES_ACTIVE, a bitset; in it ETHTOOL_A_BITSET_BITS has an entry for each that is on, with its name.
        let bits = try ask(.features, index).first { $0.type == 4 }?.nested.first { $0.type == 3 }?.nested ?? []
        return Set(bits.compactMap { bit in bit.nested.first { $0.type == 2 }?.text })
    }

    /// Sizes of the device's own rings.
    func rings(of index: UInt32) throws(SystemCallError) -> RingSettings {
        let reply = try ask(.rings, index)
        func number(_ type: UInt16) -> UInt32? { reply.first { $0.type == type }?.integer(as: UInt32.self) }
        let split = reply.first { $0.type == 11 }?.integer(as: UInt8.self)
        return RingSettings(
            receive: number(6), transmit: number(9), receiveMost: number(2), transmitMost: number(5),
            receiveBufferBytes: number(10), tcpDataSplit: split.map { RingSettings.Split($0) },
            splitThresholdBytes: number(17))
    }

    /// How many queues the device uses.
    func channels(of index: UInt32) throws(SystemCallError) -> ChannelSettings {
        let reply = try ask(.channels, index)
        func number(_ type: UInt16) -> UInt32? { reply.first { $0.type == type }?.integer(as: UInt32.self) }
        return ChannelSettings(
            receive: number(6), transmit: number(7), combined: number(9), receiveMost: number(2),
            transmitMost: number(3), combinedMost: number(5))
    }

    /// The queues that receive-side scaling spreads packets over, each once, in order.
    func spreadQueues(of index: UInt32) throws(SystemCallError) -> [UInt32] {
        // ETHTOOL_A_RSS_INDIR, a 32-bit queue number for each slot of the table.
        guard let table = try ask(.receiveSideScaling, index).first(where: { $0.type == 4 })?.payload else { return [] }
        return Set((0..<table.count / 4).compactMap { table.integer(at: 4 * $0, as: UInt32.self) }).sorted()
    }

    private func ask(_ request: Request, _ index: UInt32) throws(SystemCallError) -> [NetlinkAttribute] {
        // Attribute 1 of each request is the header; attribute 1 of that, ETHTOOL_A_HEADER_DEV_INDEX, names the device.
        let header = NetlinkAttribute.bytes(type: 1, payload: hostBytes(index)) ?? []
        do {
            return try socket.ask(
                family: identifier, command: request.rawValue, attributes: [(NetlinkAttribute.nestedFlag | 1, header)])
        } catch {
            guard error.errno.rawValue == EOPNOTSUPP else { throw error }
            throw SystemCallError("ethtool \(request)", errno: EOPNOTSUPP, hint: "the driver does not tell")
        }
    }
}
