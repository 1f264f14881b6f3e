import CTokenRing
import TokenRing

/// Enters the real kernel where the modelled application would, so that a run pays for it.
///
/// What a call does there is no more than crossing: the model does the rest. design/measuring.md lists the calls. Plain
/// numbers, so that a hot loop may hold it; the `LiveCrossing` that it came from keeps the descriptors open.
struct Crossing: BitwiseCopyable, @unchecked Sendable {
    /// A connected TCP socket with one byte queued; negative enters nothing.
    var socket: CInt = -1
    /// A generic netlink socket and a request that the kernel answers.
    var netlink: CInt = -1
    var request: UnsafePointer<UInt8>?
    var requestBytes = 0
    var answer: UnsafeMutablePointer<UInt8>?
    var answerBytes = 0
    /// What a receive waits for.
    var rest = Rest()

    /// Ticks that a receive takes beyond the peek, and a control message in 1/256 ticks: spent waiting. 0 where these costs are
    /// added to the figures instead.
    struct Rest: BitwiseCopyable, Codable, Sendable {
        var receiveTicks: UInt64 = 0
        var messageTicks256: UInt64 = 0
    }

    /// Enters nothing: for tests, and where the calls cannot be made.
    static let none = Crossing()

    /// Instead of `recvmsg(MSG_SOCK_DEVMEM)`: a peek of one byte.
    @inline(__always)
    func receive(messages: Int) {
        guard socket >= 0 else { return }
        _ = ctr_peek_byte(socket)
        let wait = rest.receiveTicks &+ (rest.messageTicks256 &* UInt64(truncatingIfNeeded: messages)) >> 8
        guard wait > 0 else { return }
        let start = ctr_ticks()
        while ctr_ticks() &- start < wait {}
    }

    /// Instead of `setsockopt(SO_DEVMEM_DONTNEED)`: one of an absent token.
    @inline(__always)
    func dontNeed() {
        guard socket >= 0 else { return }
        withUnsafeBytes(of: TokenRange(token_start: 1, token_count: 1)) {
            _ = ctr_devmem_dontneed(socket, $0.baseAddress, UInt32($0.count))
        }
    }

    /// Instead of a ring set's kick or flush: the same.
    @inline(__always)
    func wakeup() { dontNeed() }

    /// Instead of a release over netlink: a request and the answer that refuses it.
    @inline(__always)
    func netlinkRoundTrip() {
        guard netlink >= 0, let request, let answer else { return }
        _ = ctr_netlink_send(netlink, request, requestBytes)
        _ = ctr_netlink_receive(netlink, answer, answerBytes)
    }

    /// Instead of an ioctl that releases: one that reads a number.
    @inline(__always)
    func ioctl() {
        guard socket >= 0 else { return }
        _ = ctr_unsent_bytes(socket)
    }
}
