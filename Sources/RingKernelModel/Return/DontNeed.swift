import Glibc
import TokenRing

/// `sock_devmem_dontneed()` of net/core/sock.c: limits, order of checks and what the result counts (sources.md C1, 2.1).
enum DontNeed {
    /// `MAX_DONTNEED_TOKENS`.
    static let mostTokens = 128
    /// `MAX_DONTNEED_FRAGS`: attempts in one call, also at tokens that are not there.
    static let mostFrags = 1024

    /// - Parameter wraps: whether a range beyond token 2^32 - 1 comes round to token 0, as the 32-bit sum of sock.c does; a
    ///   ring set's calls do not (R8).
    /// - Returns: fragments taken back, or -errno.
    static func run(
        _ argument: UnsafeRawBufferPointer, from owner: TokenOwner, bookkeeping: any TokenBookkeeping,
        faults: FaultPlan,
        wraps: Bool = true
    ) -> Int {
        let size = MemoryLayout<TokenRange>.stride
        guard argument.count >= size, argument.count % size == 0, argument.count <= mostTokens * size else {
            return -Int(EINVAL)
        }
        if faults.take(.tokenArray) { return -Int(ENOMEM) }
        if faults.take(.copyFromUser) { return -Int(EFAULT) }
        // Without a binding there is nothing that a token could mean (sources.md B10).
        guard bookkeeping.knows(owner) else { return -Int(EINVAL) }
        return withUnsafeTemporaryAllocation(of: TokenRange.self, capacity: mostTokens) { tokens in
            // copy_from_user, once; nothing is read from user memory again.
            UnsafeMutableRawBufferPointer(tokens).copyMemory(from: argument)
            return release(tokens[..<(argument.count / size)], from: owner, bookkeeping: bookkeeping, wraps: wraps)
        }
    }

    /// Takes ranges back until 1024 fragments were looked at.
    static func release(
        _ tokens: Slice<UnsafeMutableBufferPointer<TokenRange>>, from owner: TokenOwner,
        bookkeeping: any TokenBookkeeping, wraps: Bool
    ) -> Int {
        var attempts = mostFrags
        var released = 0
        for token in tokens where attempts > 0 {
            let room = UInt64(1) << 32 - UInt64(token.token_start)
            let beyond = wraps ? 0 : UInt64(token.token_count) - min(UInt64(token.token_count), room)
            released += bookkeeping.release(
                start: token.token_start, count: token.token_count - UInt32(beyond), from: owner, attempts: &attempts,
                inSoftirq: false)
            if beyond > 0, attempts > 0 { owner.refused.countOutOfRange(beyond) }
        }
        return released
    }
}
