import CTokenRing
import TokenRing

/// The call by which a modelled receive crosses into this kernel, so that it is known how much of a receive it is.
final class PeekCalls: CallGroup {
    static let figures = [
        CallFigure(
            name: "recvmsg_peek_1_b", contains: "crossing, socket lock, copy of one byte that stays queued",
            leavesOut: "taking data off the queue, control messages", callsPerRound: 200)
    ]

    private let connection: LoopbackConnection

    init() throws(SystemCallError) {
        connection = try LoopbackConnection(receiveBytes: 65536)
        var byte: UInt8 = 1
        try SystemCallError.check(CInt(ctr_send(connection.sender, &byte, 1)), "send")
    }

    func run(_ figure: Int, calls: Int) throws(SystemCallError) {
        for _ in 0..<calls { try SystemCallError.check(ctr_peek_byte(connection.receiver), "recvmsg(MSG_PEEK)") }
    }
}
