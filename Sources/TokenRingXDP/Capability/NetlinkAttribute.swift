/// One attribute of a netlink message, cut out of bytes that are not trusted.
///
/// Layout: `struct nlattr` of include/uapi/linux/netlink.h; everything is in host byte order.
public struct NetlinkAttribute: Hashable, Sendable {
    /// `nla_type` without its two flag bits (nested, network byte order).
    public let type: UInt16
    /// What follows the attribute's header.
    public let payload: ArraySlice<UInt8>

    static let headerBytes = 4
    /// `NLA_F_NESTED`: what the type of an attribute of attributes carries in a request.
    static let nestedFlag: UInt16 = 1 << 15

    /// The attributes inside it.
    var nested: [NetlinkAttribute] { Self.parse(payload) }
    /// The text inside it, up to its zero.
    var text: String { String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self) }

    /// Every whole attribute in `bytes`, in order.
    ///
    /// Stops at the first attribute whose length is shorter than its header or longer than what is left; never reads
    /// outside `bytes` and never traps.
    public static func parse(_ bytes: ArraySlice<UInt8>) -> [NetlinkAttribute] {
        var rest = bytes
        var attributes: [NetlinkAttribute] = []
        while let length = rest.integer(at: 0, as: UInt16.self), let type = rest.integer(at: 2, as: UInt16.self) {
            guard length >= headerBytes, length <= rest.count else { break }
            let payload = rest.dropFirst(headerBytes).prefix(Int(length) - headerBytes)
            attributes.append(NetlinkAttribute(type: type & 0x3FFF, payload: payload))
            rest = rest.dropFirst(aligned(Int(length)))
        }
        return attributes
    }

    /// The value of an attribute of exactly that size; nil for any other size.
    public func integer<Value: FixedWidthInteger & BitwiseCopyable>(as type: Value.Type) -> Value? {
        payload.count == MemoryLayout<Value>.size ? payload.integer(at: 0, as: type) : nil
    }

    /// An unsigned number of 4 or 8 bytes: the kernel may send a `uint` as either.
    public var unsigned: UInt64? { integer(as: UInt64.self) ?? integer(as: UInt32.self).map(UInt64.init) }

    /// The attribute as bytes, padded to 4; nil if the payload does not fit an attribute.
    static func bytes(type: UInt16, payload: [UInt8]) -> [UInt8]? {
        guard let length = UInt16(exactly: headerBytes + payload.count) else { return nil }
        let padding = aligned(Int(length)) - Int(length)
        return hostBytes(length) + hostBytes(type) + payload + [UInt8](repeating: 0, count: padding)
    }

    /// `NLA_ALIGN` and `NLMSG_ALIGN`: up to a multiple of 4.
    static func aligned(_ length: Int) -> Int { (length + 3) & ~3 }
}

/// The bytes of `value` in host byte order.
func hostBytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value) { Array($0) }
}
