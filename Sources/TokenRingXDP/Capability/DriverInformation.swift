import CTokenRing
import TokenRing

/// What a driver says of itself and of its device (`ETHTOOL_GDRVINFO`); a text is empty where it says nothing.
public struct DriverInformation: Hashable, Sendable {
    /// Name of the driver.
    public let name: String
    /// Its version; the kernel's own for drivers that are part of it.
    public let version: String
    /// Version of the device's firmware.
    public let firmware: String
    /// Where the device is, such as a PCI address.
    public let bus: String

    /// Asks the driver of an interface in the calling thread's network namespace.
    ///
    /// - Throws: `SystemCallError`: ENODEV if there is no such interface, EOPNOTSUPP if its driver does not say.
    public init(interface: String) throws(SystemCallError) {
        var driver = ctr_driver()
        try SystemCallError.check(ctr_interface_driver(interface, &driver), "ioctl(ETHTOOL_GDRVINFO)")
        (name, version) = (Self.text(driver.name), Self.text(driver.version))
        (firmware, bus) = (Self.text(driver.firmware), Self.text(driver.bus))
    }

    /// A C array of characters, up to its zero.
    private static func text<Characters: BitwiseCopyable>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
