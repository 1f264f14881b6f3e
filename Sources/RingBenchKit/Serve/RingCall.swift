import CTokenRing
import Glibc
import TokenRing

/// A call on a ring set's descriptor, as it comes in a message. Whoever sends it is not trusted.
enum RingCall {
    case flush
    case kick
    /// Ranges are in the message, right behind its head.
    case release(ranges: Int)
    case arm
    case counters

    /// Most bytes of a message.
    static let mostBytes = MemoryLayout<token_ring_serve_call>.size
    /// Bytes before the ranges.
    static let headBytes = Int(TOKEN_RING_SERVE_CALL_HEAD)

    /// Why a message is no call.
    struct Refusal: Error {
        /// Positive, as in errno.h.
        let errno: Int32
        /// What the message said that it was, if it said so much.
        var call: UInt32 = 0
    }

    /// Reads a message of `length` bytes, of which `bytes` has as many as fit.
    ///
    /// -EINVAL for a message of the wrong length and a count that the call does not take, -EOPNOTSUPP for one that
    /// needs a TCP socket, -ENOTTY for an unknown call.
    static func decode(_ bytes: UnsafeRawBufferPointer, length: Int) -> Result<(UInt32, RingCall), Refusal> {
        guard length >= headBytes, bytes.count >= headBytes else { return .failure(Refusal(errno: EINVAL)) }
        let number = bytes.loadUnaligned(as: UInt32.self)
        let count = Int(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let call: RingCall
        switch token_ring_call(rawValue: number) {
        case TOKEN_RING_FLUSH: call = .flush
        case TOKEN_RING_KICK: call = .kick
        case TOKEN_RING_ARM: call = .arm
        case TOKEN_RING_COUNTERS: call = .counters
        case TOKEN_RING_RELEASE:
            guard (1...Int(TOKEN_RING_MAX_RANGES)).contains(count) else {
                return .failure(Refusal(errno: EINVAL, call: number))
            }
            call = .release(ranges: count)
        case TOKEN_RING_ATTACH, TOKEN_RING_DETACH: return .failure(Refusal(errno: EOPNOTSUPP, call: number))
        default: return .failure(Refusal(errno: ENOTTY, call: number))
        }
        var rangeBytes = 0
        if case .release(let ranges) = call { rangeBytes = ranges * MemoryLayout<TokenRange>.stride }
        guard rangeBytes > 0 || count == 0, length == headBytes + rangeBytes, length <= bytes.count else {
            return .failure(Refusal(errno: EINVAL, call: number))
        }
        return .success((number, call))
    }
}
