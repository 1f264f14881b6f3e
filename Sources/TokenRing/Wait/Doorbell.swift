import CTokenRing
import SystemPackage

/// How one side of a ring sleeps, and so how the other side wakes it. Both must use the same.
public enum Doorbell: Sendable {
    /// It polls the index and never sleeps.
    case spin
    /// It sleeps on the peer's index word (`futex`, shared between processes).
    case futex
    /// It sleeps in `poll` on an eventfd that both sides hold; a program can put it beside its other descriptors.
    case eventfd(FileDescriptor)

    /// A doorbell over a new eventfd, to be handed to the peer as well.
    ///
    /// - Throws: `SystemCallError`.
    public static func makeEventfd() throws(SystemCallError) -> (Doorbell, OwnedDescriptor) {
        let owned = try OwnedDescriptor(ctr_eventfd(), of: "eventfd")
        return (.eventfd(owned.descriptor), owned)
    }

    /// Wakes whoever sleeps on this doorbell. One system call, none for `spin`.
    func ring(_ word: SharedWord?) {
        switch self {
        case .spin: break
        case .futex: if let word { _ = ctr_futex_wake(word.address) }
        case .eventfd(let descriptor): _ = ctr_eventfd_signal(descriptor.rawValue)
        }
    }

    /// How long a sleep on a futex lasts at the most when a peer's life is to be looked at: no call sleeps on both.
    private static let longestUnwatched: Int64 = 10_000_000

    /// Sleeps until the doorbell rings, `word` is no longer `expected`, the peer has ended, the time is over, or a signal comes.
    ///
    /// May return early; the caller looks at the ring again.
    func sleep(on word: SharedWord?, expected: UInt32, watching peer: PeerLife?, nanoseconds: Int64) -> WaitOutcome {
        switch self {
        case .spin:
            ctr_pause()
            return .ready
        case .futex:
            guard let word else { return .ready }
            guard let peer else { return WaitOutcome(ctr_futex_wait(word.address, expected, nanoseconds)) }
            let isSlice = nanoseconds < 0 || nanoseconds > Self.longestUnwatched
            let outcome = WaitOutcome(
                ctr_futex_wait(word.address, expected, isSlice ? Self.longestUnwatched : nanoseconds))
            if outcome != .interrupted, peer.hasEnded { return .peerHasEnded }
            return isSlice && outcome == .timedOut ? .ready : outcome
        case .eventfd(let descriptor):
            let result = ctr_poll_either(descriptor.rawValue, peer?.descriptor.rawValue ?? -1, nanoseconds)
            if result <= 0 { return result == 0 ? .timedOut : WaitOutcome(result) }
            if result & 1 != 0 { _ = ctr_eventfd_drain(descriptor.rawValue) }
            return result & 2 != 0 ? .peerHasEnded : .ready
        }
    }
}

/// How a wait ended.
public enum WaitOutcome: Hashable, Sendable {
    /// There is something in the ring, or room in it.
    case ready
    /// The time is over and there is not.
    case timedOut
    /// A signal came first.
    case interrupted
    /// The peer's index is where it cannot be; see `RingStatistics.indexViolations`.
    case peerIsLying
    /// The peer's process has ended, and all that it did before was taken into account: there is nothing, and nothing will come
    /// from it.
    case peerHasEnded

    /// What a sleeping call of the C shims returned. EAGAIN from a futex means that the word had already changed.
    init(_ result: CInt) {
        switch Errno(rawValue: -result) {
        case .timedOut: self = .timedOut
        case .interrupted: self = .interrupted
        default: self = .ready
        }
    }
}

/// The doorbells of the two sides of one ring.
public struct RingDoorbells: Sendable {
    /// Rings when there are entries; the consumer sleeps on it.
    public var entries: Doorbell
    /// Rings when there is room; the producer sleeps on it.
    public var room: Doorbell

    /// The doorbells of a ring.
    public init(entries: Doorbell, room: Doorbell) {
        self.entries = entries
        self.room = room
    }
}
