import CTokenRing

/// Ends a loop that the user interrupted or that makes no progress any more.
struct Watchdog: ~Copyable {
    private static let patienceNanoseconds: Int64 = 10_000_000_000
    /// What one look at the clock can add to the wait: while the whole machine stands still nobody waits.
    private static let mostNanosecondsPerLook: Int64 = 100_000_000
    private var looks = 0
    private var lastProgress = -1
    private var lastLook = ctr_monotonic_ns()
    private var waitedNanoseconds: Int64 = 0
    /// Why it ended, if it did.
    private(set) var reason: Reason?

    enum Reason: Sendable { case interrupted, stuck }

    /// Cheap: the clock is looked at every 1024 calls. Once false, always false.
    @inline(__always)
    mutating func mayContinue(progress: Int) -> Bool {
        looks &+= 1
        return reason == nil && (looks & 1023 != 0 || look(progress))
    }

    private mutating func look(_ progress: Int) -> Bool {
        if Interrupt.isRequested {
            reason = .interrupted
            return false
        }
        let now = ctr_monotonic_ns()
        waitedNanoseconds += min(now - lastLook, Self.mostNanosecondsPerLook)
        lastLook = now
        if progress != lastProgress {
            lastProgress = progress
            waitedNanoseconds = 0
        } else if waitedNanoseconds > Self.patienceNanoseconds {
            reason = .stuck
            return false
        }
        return true
    }
}
