import CTokenRing
import Glibc
import TokenRing

/// A generic netlink socket in the network namespace of the thread that made it. One thread at a time.
public final class GenericNetlinkSocket {
    /// Closed with the socket; for measuring the bare calls.
    public let descriptor: CInt
    private var sequence: UInt32 = 0
    private var buffer = [UInt8](repeating: 0, count: 65536)

    /// `GENL_ID_CTRL`: the family that knows the other families (include/uapi/linux/genetlink.h).
    public static let controller: UInt16 = 16
    /// `NETLINK_GENERIC`.
    static let protocolNumber: CInt = 16
    /// `NLM_F_REQUEST`, `NLM_F_ACK` and `NLM_F_DUMP`.
    static let requestFlag: UInt16 = 1
    static let acknowledgeFlag: UInt16 = 4
    static let dumpFlag: UInt16 = 0x300

    /// Opens and binds the socket.
    ///
    /// - Throws: `SystemCallError`, EPROTONOSUPPORT on a kernel without generic netlink.
    public init() throws(SystemCallError) {
        descriptor = try SystemCallError.check(
            ctr_netlink_socket(Self.protocolNumber), "socket(AF_NETLINK)", hint: "this kernel has no generic netlink")
    }

    deinit { close(descriptor) }

    /// The bytes of a request of `family`: `struct nlmsghdr`, `struct genlmsghdr`, attributes. An attribute of more than
    /// 65531 bytes is left out.
    public static func request(
        family: UInt16, command: UInt8, sequence: UInt32 = 0, acknowledge: Bool = false, dump: Bool = false,
        attributes: [(type: UInt16, payload: [UInt8])] = []
    ) -> [UInt8] {
        let body = attributes.flatMap { NetlinkAttribute.bytes(type: $0.type, payload: $0.payload) ?? [] }
        let length = UInt32(clamping: NetlinkMessage.headerBytes + 4 + body.count)
        let flags = requestFlag | (acknowledge ? acknowledgeFlag : 0) | (dump ? dumpFlag : 0)
        let header =
            hostBytes(length) + hostBytes(family) + hostBytes(flags) + hostBytes(sequence) + hostBytes(UInt32(0))
        return header + [command, 1, 0, 0] + body
    }

    /// Sends one request that has one answer and returns the answer's attributes.
    ///
    /// - Throws: `SystemCallError` with the errno of the call, or the one that the kernel answered; EBADMSG for an answer
    ///   that is none; EAGAIN after a second without one.
    public func ask(
        family: UInt16, command: UInt8, attributes: [(type: UInt16, payload: [UInt8])] = []
    ) throws(SystemCallError) -> [NetlinkAttribute] {
        try send(family: family, command: command, dump: false, attributes)
        while true {
            for message in try answers() {
                if message.type == family { return message.attributes }
                throw SystemCallError("generic netlink", errno: message.errorNumber ?? EBADMSG)
            }
        }
    }

    /// Sends one request that has an answer for each of several things, and returns each one's attributes.
    ///
    /// - Throws: `SystemCallError`, as `ask`.
    public func askForAll(
        family: UInt16, command: UInt8, attributes: [(type: UInt16, payload: [UInt8])] = []
    ) throws(SystemCallError) -> [[NetlinkAttribute]] {
        try send(family: family, command: command, dump: true, attributes)
        var all: [[NetlinkAttribute]] = []
        while true {
            for message in try answers() {
                if message.type == family {
                    all.append(message.attributes)
                } else if message.endsDump {
                    return all
                } else {
                    throw SystemCallError("generic netlink", errno: message.errorNumber ?? EBADMSG)
                }
            }
        }
    }

    private func send(
        family: UInt16, command: UInt8, dump: Bool, _ attributes: [(type: UInt16, payload: [UInt8])]
    ) throws(SystemCallError) {
        sequence &+= 1
        let request = Self.request(
            family: family, command: command, sequence: sequence, dump: dump, attributes: attributes)
        try check(ctr_netlink_send(descriptor, request, request.count), "sendto(AF_NETLINK)")
    }

    /// What one datagram has of answers to the last request.
    private func answers() throws(SystemCallError) -> [NetlinkMessage] {
        let length = try check(ctr_netlink_receive(descriptor, &buffer, buffer.count), "recvfrom(AF_NETLINK)")
        return NetlinkMessage.parse(buffer.prefix(length)).filter { $0.sequence == sequence }
    }

    /// The id of a family by its name, as `CTRL_CMD_GETFAMILY` tells it.
    ///
    /// - Throws: `SystemCallError`, ENOENT if this kernel does not have the family.
    public func family(named name: String) throws(SystemCallError) -> UInt16 {
        let reply = try ask(
            family: Self.controller, command: Self.getFamily, attributes: [(Self.familyName, Array(name.utf8) + [0])])
        guard let id = reply.first(where: { $0.type == Self.familyID })?.integer(as: UInt16.self) else {
            throw SystemCallError("CTRL_CMD_GETFAMILY", errno: EBADMSG, hint: "the answer has no family id")
        }
        return id
    }

    /// `CTRL_CMD_GETFAMILY`.
    public static let getFamily: UInt8 = 3
    /// `CTRL_ATTR_FAMILY_ID`, 16 bits.
    static let familyID: UInt16 = 1
    /// `CTRL_ATTR_FAMILY_NAME`, a string that ends in a zero byte.
    public static let familyName: UInt16 = 2

    @discardableResult
    private func check(_ result: Int, _ call: String) throws(SystemCallError) -> Int {
        guard result >= 0 else { throw SystemCallError(call, errno: CInt(truncatingIfNeeded: result)) }
        return result
    }
}
