import CTokenRing
import TokenRing

/// A cheap ioctl on a connected TCP socket: what returning tokens by "some other ioctl-y thing" (sources.md A19) would cost at
/// least.
final class IoctlCalls: CallGroup {
    static let figures = [
        CallFigure(
            name: "ioctl_outq",
            contains:
                "crossing, the descriptor's file, dispatch to the protocol, one number copied out; no socket lock",
            leavesOut: "copying an array of tokens in, finding the binding, returning anything", callsPerRound: 300)
    ]

    private let connection: LoopbackConnection

    init() throws(SystemCallError) { connection = try LoopbackConnection(receiveBytes: 65536) }

    func run(_ figure: Int, calls: Int) throws(SystemCallError) {
        for _ in 0..<calls { try SystemCallError.check(ctr_unsent_bytes(connection.receiver), "ioctl(SIOCOUTQ)") }
    }
}
