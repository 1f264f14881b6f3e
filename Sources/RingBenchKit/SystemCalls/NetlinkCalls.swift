import CTokenRing
import Glibc
import TokenRing
import TokenRingXDP

/// Generic netlink round trips, send and receive: what returning tokens over netlink would cost at least.
final class NetlinkCalls: CallGroup {
    static let figures = [
        CallFigure(
            name: "genl_error_reply",
            contains:
                "sendto and recvfrom: a buffer for the request, dispatch to the family, a buffer for the answer, which "
                + "refuses a command that does not exist",
            leavesOut: "parsing an array of tokens, finding the binding, returning anything", callsPerRound: 60),
        CallFigure(
            name: "genl_ctrl_getfamily",
            contains:
                "sendto and recvfrom: one attribute parsed, a family looked up by name, an answer of some 200 bytes",
            leavesOut: "anything about tokens", callsPerRound: 40),
        CallFigure(
            name: "genl_netdev_dev_get",
            contains: "sendto and recvfrom: one attribute parsed, the device locked (lo), an answer of some 70 bytes",
            leavesOut: "anything about tokens", callsPerRound: 40),
    ]

    private let socket: GenericNetlinkSocket
    private let requests: [[UInt8]]
    private let netdevRefusal: SystemCallError?
    private var buffer = [UInt8](repeating: 0, count: 8192)

    init() throws(SystemCallError) {
        socket = try GenericNetlinkSocket()
        let controller = GenericNetlinkSocket.controller
        let nothing = GenericNetlinkSocket.request(family: controller, command: 255)
        let getFamily = GenericNetlinkSocket.request(
            family: controller, command: GenericNetlinkSocket.getFamily,
            attributes: [(GenericNetlinkSocket.familyName, Array("nlctrl".utf8) + [0])])
        var requests = [nothing, getFamily]
        var refusal: SystemCallError?
        do throws(SystemCallError) {
            let index = if_nametoindex("lo")
            guard index != 0 else {
                throw SystemCallError("if_nametoindex", errno: errno, hint: "no lo in this namespace")
            }
            let netdev = try NetdevFamily()
            requests.append(
                GenericNetlinkSocket.request(
                    family: netdev.identifier, command: NetdevFamily.devGet,
                    attributes: [(NetdevFamily.ifindex, withUnsafeBytes(of: index) { Array($0) })]))
        } catch {
            refusal = error
            requests.append(nothing)
        }
        self.requests = requests
        netdevRefusal = refusal
    }

    func prepare(_ figure: Int, calls: Int) throws(SystemCallError) {
        if figure == 2, let netdevRefusal { throw netdevRefusal }
        // Whether the answer is the one that the figure's name promises, looked at outside the timed part.
        try run(figure, calls: 1)
        let answer = NetlinkMessage.parse(buffer).first
        let refusal = answer?.errorNumber
        guard let answer, (answer.type == NetlinkMessage.error) == (figure == 0), refusal.map({ $0 != 0 }) ?? true
        else {
            throw SystemCallError(
                "generic netlink", errno: refusal ?? EBADMSG, hint: "not the answer that was expected")
        }
    }

    func run(_ figure: Int, calls: Int) throws(SystemCallError) {
        let request = requests[figure]
        for _ in 0..<calls {
            let sent = ctr_netlink_send(socket.descriptor, request, request.count)
            guard sent >= 0 else { throw SystemCallError("sendto(AF_NETLINK)", errno: CInt(sent)) }
            let received = ctr_netlink_receive(socket.descriptor, &buffer, buffer.count)
            guard received >= 0 else { throw SystemCallError("recvfrom(AF_NETLINK)", errno: CInt(received)) }
        }
    }
}
