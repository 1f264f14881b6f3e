import CTokenRing
import Glibc
import TokenRing

/// `setsockopt(SO_DEVMEM_DONTNEED)` on a connected TCP socket that holds no fragment: a lower bound of today's return.
///
/// The kernel copies the array in and looks every token up in the socket's xarray, where it is not. Without a dma-buf
/// bound to a NIC's queue no token can be had, so nothing can be freed.
final class DontneedCalls: CallGroup {
    /// Tokens per call; the last is the kernel's limit of 1024 bytes.
    static let tokenCounts = [1, 16, 64, 128]

    static func name(_ tokens: Int) -> String { "dontneed_\(tokens)_token\(tokens == 1 ? "" : "s")" }

    static let figures = tokenCounts.map { tokens in
        CallFigure(
            name: name(tokens),
            contains: "crossing, kvmalloc and copy of \(tokens * 8) bytes, one lookup of an absent token per entry",
            leavesOut: "erasing the token from the xarray, dropping its page pool references, and the NIC's refill",
            callsPerRound: tokens > 16 ? 50 : 200)
    }

    private let connection: LoopbackConnection
    /// Pairs {start, count}: ranges of one token, as programs send them.
    private let tokens: [UInt32] = (0..<128).flatMap { [UInt32($0), 1] }

    init() throws(SystemCallError) {
        connection = try LoopbackConnection(receiveBytes: 1 << 20)
    }

    func run(_ figure: Int, calls: Int) throws(SystemCallError) {
        let length = UInt32(Self.tokenCounts[figure] * 8)
        for _ in 0..<calls {
            let result = ctr_devmem_dontneed(connection.receiver, tokens, length)
            guard result == 0 else { throw Self.refusal(result) }
        }
    }

    private static func refusal(_ result: CInt) -> SystemCallError {
        let call = "setsockopt(SO_DEVMEM_DONTNEED)"
        if result > 0 { return SystemCallError(call, errno: EPROTO, hint: "fragments were freed that were never held") }
        let hint = result == -ENOPROTOOPT ? "this kernel is older than 6.12, or has no page pool" : ""
        return SystemCallError(call, errno: result, hint: hint)
    }
}
