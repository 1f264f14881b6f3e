/// What a network driver can do with XDP, as generic netlink family `netdev` tells it since Linux 6.3
/// (`enum netdev_xdp_act`, include/uapi/linux/netdev.h).
public struct XDPFeatures: OptionSet, Hashable, Sendable {
    /// The kernel's bits, those that this package does not know included.
    public let rawValue: UInt64

    /// A set from the kernel's bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// `NETDEV_XDP_ACT_BASIC`: native programs may return ABORTED, DROP, PASS and TX.
    public static let basic = XDPFeatures(rawValue: 1)
    /// `NETDEV_XDP_ACT_REDIRECT`: they may return REDIRECT, which AF_XDP needs.
    public static let redirect = XDPFeatures(rawValue: 2)
    /// `NETDEV_XDP_ACT_NDO_XMIT`: frames may be redirected to this device.
    public static let ndoXmit = XDPFeatures(rawValue: 4)
    /// `NETDEV_XDP_ACT_XSK_ZEROCOPY`: AF_XDP in zero-copy mode. The bind still has the last word.
    public static let xskZeroCopy = XDPFeatures(rawValue: 8)
    /// `NETDEV_XDP_ACT_HW_OFFLOAD`: programs can run on the device.
    public static let hwOffload = XDPFeatures(rawValue: 16)
    /// `NETDEV_XDP_ACT_RX_SG`: packets of several buffers on receive.
    public static let rxSG = XDPFeatures(rawValue: 32)
    /// `NETDEV_XDP_ACT_NDO_XMIT_SG`: packets of several buffers may be redirected to this device.
    public static let ndoXmitSG = XDPFeatures(rawValue: 64)

    private static let known: [(feature: XDPFeatures, name: String)] = [
        (.basic, "basic"), (.redirect, "redirect"), (.ndoXmit, "ndo-xmit"), (.xskZeroCopy, "xsk-zerocopy"),
        (.hwOffload, "hw-offload"), (.rxSG, "rx-sg"), (.ndoXmitSG, "ndo-xmit-sg"),
    ]

    /// The names of the features as the kernel's netlink specification writes them; `bit-N` for one that is newer than
    /// this package.
    public var names: [String] {
        let newer = (0..<64).map { XDPFeatures(rawValue: 1 << UInt64($0)) }.enumerated().filter { bit in
            contains(bit.element) && !Self.known.contains { $0.feature == bit.element }
        }
        return Self.known.filter { contains($0.feature) }.map(\.name) + newer.map { "bit-\($0.offset)" }
    }
}
