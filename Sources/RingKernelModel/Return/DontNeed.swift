import Glibc
import TokenRing

/// `sock_devmem_dontneed()` of net/core/sock.c: limits, order of checks and what the result counts (sources.md C1, 2.1).
enum DontNeed {
    /// `MAX_DONTNEED_TOKENS`.
    static let mostTokens = 128
    /// `MAX_DONTNEED_FRAGS`: attempts in one call, also at tokens that are not there.
    static let mostFrags = 1024

    /// - Returns: fragments taken back, or -errno.
    static func run(
        _ argument: UnsafeRawBufferPointer, on socket: Socket, bookkeeping: any TokenBookkeeping,
        requiresUser: Bool
    ) -> Int {
        let size = MemoryLayout<TokenRange>.stride
        guard argument.count >= size, argument.count % size == 0, argument.count <= mostTokens * size else {
            return -Int(EINVAL)
        }
        // Without a binding there is nothing that a token could mean (sources.md B10).
        guard socket.isUser || !requiresUser else { return -Int(EINVAL) }
        return withUnsafeTemporaryAllocation(of: TokenRange.self, capacity: mostTokens) { tokens in
            // copy_from_user, once; nothing is read from user memory again.
            UnsafeMutableRawBufferPointer(tokens).copyMemory(from: argument)
            var attempts = mostFrags
            var released = 0
            for token in tokens[..<(argument.count / size)] where attempts > 0 {
                released += bookkeeping.release(
                    start: token.token_start, count: token.token_count, on: socket, attempts: &attempts,
                    inSoftirq: false)
            }
            return released
        }
    }
}
