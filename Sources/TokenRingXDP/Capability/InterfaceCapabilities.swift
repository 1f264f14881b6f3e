import CTokenRing
import Glibc
import TokenRing

/// What one network interface can do with XDP before anything is bound to it.
///
/// A capability is a promise, not a grant: whether a bind got zero copy is read back from `XDP_OPTIONS` afterwards.
/// Everything is asked in the network namespace of the calling thread and needs no privilege.
public struct InterfaceCapabilities: Hashable, Sendable {
    /// As `ip link` shows it.
    public let name: String
    /// Its number in this namespace.
    public let index: UInt32
    /// Name of the driver (`ETHTOOL_GDRVINFO`). The loopback device is built in and answers no such question: it is
    /// called "loopback" because `IFF_LOOPBACK` is set.
    public let driver: Finding<String>
    /// What the driver offers; unknown before Linux 6.3.
    public let features: Finding<XDPFeatures>
    /// Most buffers of one packet in zero-copy mode; unknown before Linux 6.5 and for a driver without zero copy.
    public let zeroCopyMaxSegments: Finding<UInt32>

    /// Whether the driver says that it has AF_XDP zero copy; false if that is unknown.
    public var offersZeroCopy: Bool { features.value?.contains(.xskZeroCopy) ?? false }

    /// The interface called `name`.
    ///
    /// - Throws: `SystemCallError`, ENODEV if there is none in this namespace. What cannot be known is no error.
    public static func query(name: String) throws(SystemCallError) -> InterfaceCapabilities {
        let index = if_nametoindex(name)
        guard index != 0 else {
            throw SystemCallError(
                "if_nametoindex", errno: errno, hint: "no interface \(name) in this network namespace")
        }
        return InterfaceCapabilities(name: name, index: index, through: NetdevFamily.open())
    }

    /// The interface with the number `index`.
    ///
    /// - Throws: `SystemCallError`, ENXIO if there is none in this namespace.
    public static func query(index: UInt32) throws(SystemCallError) -> InterfaceCapabilities {
        var buffer = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        guard if_indextoname(index, &buffer) != nil else {
            throw SystemCallError(
                "if_indextoname", errno: errno, hint: "no interface \(index) in this network namespace")
        }
        return InterfaceCapabilities(name: text(buffer), index: index, through: NetdevFamily.open())
    }

    /// Every interface of this namespace, by number.
    ///
    /// - Throws: `SystemCallError`.
    public static func all() throws(SystemCallError) -> [InterfaceCapabilities] {
        guard let list = if_nameindex() else { throw SystemCallError("if_nameindex", errno: errno) }
        defer { if_freenameindex(list) }
        let family = NetdevFamily.open()
        var found: [InterfaceCapabilities] = []
        var entry = list
        while entry.pointee.if_index != 0, let name = entry.pointee.if_name {
            found.append(
                InterfaceCapabilities(name: String(cString: name), index: entry.pointee.if_index, through: family))
            entry += 1
        }
        return found.sorted { $0.index < $1.index }
    }

    private init(name: String, index: UInt32, through family: Result<NetdevFamily, SystemCallError>) {
        self.name = name
        self.index = index
        driver = Self.driver(of: name)
        do {
            let device = try family.get().device(index)
            features = device.features.map { .known($0) } ?? .unknown(reason: "the kernel's answer has no xdp-features")
            zeroCopyMaxSegments =
                device.zeroCopyMaxSegments.map { .known($0) }
                ?? .unknown(reason: "not told: the driver has no zero copy, or the kernel is older than 6.5")
        } catch {
            features = .unknown(reason: error.description)
            zeroCopyMaxSegments = .unknown(reason: error.description)
        }
    }

    private static func driver(of name: String) -> Finding<String> {
        do {
            let driver = try DriverInformation(interface: name).name
            return driver.isEmpty ? .unknown(reason: "the driver gives no name") : .known(driver)
        } catch {
            if error.errno.rawValue == EOPNOTSUPP, isLoopback(name) { return .known("loopback") }
            return .unknown(reason: error.description)
        }
    }

    private static func isLoopback(_ name: String) -> Bool {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return false }
        defer { freeifaddrs(list) }
        var entry = list
        while let address = entry {
            if String(cString: address.pointee.ifa_name) == name {
                return address.pointee.ifa_flags & UInt32(IFF_LOOPBACK) != 0
            }
            entry = address.pointee.ifa_next
        }
        return false
    }

    private static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
