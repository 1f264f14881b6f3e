/// Whether somebody who looks again and again has looked for long enough without finding anything: three seconds. What is longer than a
/// tenth of one between two looks counts as that: who was stopped himself, with his whole machine or alone, has not looked meanwhile, and
/// what he looks for may have been stopped, too.
struct LookPatience {
    /// Seconds after which it is over.
    static let seconds: Int64 = 3
    private static let longestStep: Int64 = 100_000_000
    private var spent: Int64 = 0
    private var lastLook: Int64

    /// - Parameter now: nanoseconds of the monotonic clock, as everywhere here.
    init(at now: Int64) { lastLook = now }

    /// Something was found.
    @inline(__always)
    mutating func renew(at now: Int64) {
        spent = 0
        lastLook = now
    }

    /// Nothing was found, and whether it is enough.
    @inline(__always)
    mutating func isOver(at now: Int64) -> Bool {
        spent += min(now - lastLook, Self.longestStep)
        lastLook = now
        return spent > Self.seconds * 1_000_000_000
    }
}
