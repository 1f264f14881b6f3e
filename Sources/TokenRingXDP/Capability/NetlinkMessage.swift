/// One message of a netlink datagram, cut out of bytes that are not trusted.
///
/// Layout: `struct nlmsghdr` of include/uapi/linux/netlink.h; everything is in host byte order.
public struct NetlinkMessage: Hashable, Sendable {
    /// `nlmsg_type`: a family's id, or one of the control types below.
    public let type: UInt16
    /// `nlmsg_flags`.
    public let flags: UInt16
    /// `nlmsg_seq`: the request that it answers.
    public let sequence: UInt32
    /// What follows the header.
    public let payload: ArraySlice<UInt8>

    /// `NLMSG_ERROR`: a refusal or, with error 0, an acknowledgement.
    public static let error: UInt16 = 2
    /// `NLMSG_DONE`: the end of a dump.
    public static let done: UInt16 = 3
    static let headerBytes = 16

    /// Every whole message of `datagram`, in order.
    ///
    /// Stops at the first header whose length is shorter than itself or longer than what is left; never reads outside
    /// `datagram` and never traps, whatever the bytes are.
    public static func parse(_ datagram: some Sequence<UInt8>) -> [NetlinkMessage] {
        var rest = Array(datagram)[...]
        var messages: [NetlinkMessage] = []
        while rest.count >= headerBytes, let length = rest.integer(at: 0, as: UInt32.self) {
            guard length >= headerBytes, length <= rest.count,
                let type = rest.integer(at: 4, as: UInt16.self), let flags = rest.integer(at: 6, as: UInt16.self),
                let sequence = rest.integer(at: 8, as: UInt32.self)
            else { break }
            let payload = rest.dropFirst(headerBytes).prefix(Int(length) - headerBytes)
            messages.append(NetlinkMessage(type: type, flags: flags, sequence: sequence, payload: payload))
            rest = rest.dropFirst(NetlinkAttribute.aligned(Int(length)))
        }
        return messages
    }

    /// Whether a dump ends here, and all went well.
    var endsDump: Bool { type == NetlinkMessage.done && payload.integer(at: 0, as: Int32.self) ?? 0 == 0 }

    /// For an `error` message: 0 for an acknowledgement, otherwise the positive errno; nil for any other message, and
    /// for one whose number cannot be an errno.
    public var errorNumber: CInt? {
        guard type == NetlinkMessage.error, let number = payload.integer(at: 0, as: Int32.self) else { return nil }
        return (-4095...0).contains(number) ? -number : nil
    }

    /// The attributes of a generic netlink message: what follows `struct genlmsghdr`, 4 bytes.
    public var attributes: [NetlinkAttribute] { NetlinkAttribute.parse(payload.dropFirst(4)) }
}

extension ArraySlice<UInt8> {
    /// The integer that starts `offset` bytes into the slice, in host byte order; nil if it is not all there.
    func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as _: Value.Type) -> Value? {
        guard offset >= 0, offset <= count, count - offset >= MemoryLayout<Value>.size else { return nil }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
    }
}
