import CTokenRing
import TokenRing

/// `setsockopt(SO_DEVMEM_DONTNEED)` with one range of many tokens, none of which the socket holds.
final class DontneedRangeCalls: CallGroup {
    /// Tokens in the range; the last is as many as the kernel looks at in one call.
    static let fragCounts = [16, 128, 1024]

    static func name(_ frags: Int) -> String { "dontneed_range_\(frags)_frags" }

    static let figures = fragCounts.map { frags in
        CallFigure(
            name: name(frags), contains: "crossing, copy of 8 bytes, \(frags) lookups of absent tokens",
            leavesOut: "erasing tokens, dropping page pool references, and the NIC's refill",
            callsPerRound: frags > 128 ? 10 : 100)
    }

    private let connection: LoopbackConnection

    init() throws(SystemCallError) { connection = try LoopbackConnection(receiveBytes: 65536) }

    func run(_ figure: Int, calls: Int) throws(SystemCallError) {
        let range: [UInt32] = [1, UInt32(Self.fragCounts[figure])]
        for _ in 0..<calls {
            let result = ctr_devmem_dontneed(connection.receiver, range, 8)
            guard result == 0 else { throw SystemCallError("setsockopt(SO_DEVMEM_DONTNEED)", errno: result) }
        }
    }
}
