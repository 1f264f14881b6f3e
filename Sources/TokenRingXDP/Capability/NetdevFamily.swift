import Glibc
import TokenRing

/// The generic netlink family `netdev`, through which the kernel tells what devices can do and binds dma-bufs to their
/// queues (Documentation/netlink/specs/netdev.yaml; Debian bookworm's headers do not have it).
public final class NetdevFamily {
    /// The socket that it speaks over.
    public let socket: GenericNetlinkSocket
    /// The family's number on this kernel since it booted.
    public let identifier: UInt16

    /// `NETDEV_CMD_DEV_GET`.
    public static let devGet: UInt8 = 1
    /// `NETDEV_A_DEV_IFINDEX`, 32 bits.
    public static let ifindex: UInt16 = 1
    /// `NETDEV_A_DEV_XDP_FEATURES`, 64 bits.
    static let xdpFeatures: UInt16 = 3
    /// `NETDEV_A_DEV_XDP_ZC_MAX_SEGS`, 32 bits.
    static let zeroCopyMaxSegments: UInt16 = 4

    /// `NETDEV_CMD_NAPI_GET`, of which a dump may be asked for one device with `NETDEV_A_NAPI_IFINDEX`.
    private static let napiGet: UInt8 = 11
    private static let napiIfindex: UInt16 = 1

    /// Opens a socket and looks the family up.
    ///
    /// - Throws: `SystemCallError`, ENOENT on a kernel older than 6.3.
    public init() throws(SystemCallError) {
        socket = try GenericNetlinkSocket()
        do {
            identifier = try socket.family(named: "netdev")
        } catch {
            let hint =
                error.errno.rawValue == ENOENT ? "this kernel is older than 6.3 and has no family netdev" : error.hint
            throw SystemCallError(error.call, errno: error.errno.rawValue, hint: hint)
        }
    }

    /// The family, or why it cannot be had.
    static func open() -> Result<NetdevFamily, SystemCallError> {
        Result { () throws(SystemCallError) in try NetdevFamily() }
    }

    /// The features of the device with the number `index`; nil for what the kernel left out.
    func device(_ index: UInt32) throws(SystemCallError) -> (features: XDPFeatures?, zeroCopyMaxSegments: UInt32?) {
        let reply = try socket.ask(
            family: identifier, command: Self.devGet, attributes: [(Self.ifindex, hostBytes(index))])
        let features = reply.first { $0.type == Self.xdpFeatures }?.unsigned
        let segments = reply.first { $0.type == Self.zeroCopyMaxSegments }?.integer(as: UInt32.self)
        return (features.map(XDPFeatures.init(rawValue:)), segments)
    }

    /// The NAPI instances of the device with the number `index`; those of a device that is down are not told.
    func napis(of index: UInt32) throws(SystemCallError) -> [NAPISettings] {
        try socket.askForAll(
            family: identifier, command: Self.napiGet, attributes: [(Self.napiIfindex, hostBytes(index))]
        ).map(NAPISettings.init)
    }
}
