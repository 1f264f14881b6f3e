import Synchronization

/// Returned tokens that were refused, by cause. Never logged per event (R28).
public struct Refusals: Hashable, Sendable {
    /// No such token could be in the binding.
    public var outOfRange: UInt64 = 0
    /// The token exists and whoever returned it did not hold it: never issued, returned before, or another's.
    public var notHeld: UInt64 = 0

    /// All of them.
    public var total: UInt64 { outOfRange + notHeld }

    static func + (left: Refusals, right: Refusals) -> Refusals {
        Refusals(outOfRange: left.outOfRange + right.outOfRange, notHeld: left.notHeld + right.notHeld)
    }
}

/// `Refusals` as several threads count them.
struct RefusalCounters: ~Copyable {
    private let outOfRange = Atomic<UInt64>(0)
    private let notHeld = Atomic<UInt64>(0)

    func countOutOfRange(_ tokens: UInt64) { outOfRange.wrappingAdd(tokens, ordering: .relaxed) }
    func countNotHeld(_ tokens: UInt64) { notHeld.wrappingAdd(tokens, ordering: .relaxed) }

    var current: Refusals {
        Refusals(outOfRange: outOfRange.load(ordering: .relaxed), notHeld: notHeld.load(ordering: .relaxed))
    }
}
