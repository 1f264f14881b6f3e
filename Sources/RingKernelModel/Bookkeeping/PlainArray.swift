import Synchronization

/// The other unsafe experiment of the v1 thread (sources.md A8): `PerOwnerURef` with counters that are loaded and stored
/// instead of changed atomically. Two threads on one owner lose counts, which leaks the buffer or frees it early: a ceiling.
final class PlainArray: TokenBookkeeping {
    /// The token does not say of which binding it is.
    var mostBindings: Int { 1 }

    func makeLedger(for binding: Binding?) -> AnyObject? { binding.map(OwnerCounters.init(of:)) }

    func issue(
        _ frags: UnsafeBufferPointer<Frag>, of waiting: Int, to owner: TokenOwner, tokens: UnsafeMutablePointer<UInt32>
    ) -> Int {
        guard let ledger = owner.ledger(as: OwnerCounters.self) else { return 0 }
        ledger._withUnsafeGuaranteedRef { counters in
            for (position, frag) in frags.enumerated() {
                let niov = frag.niov.unsafelyUnwrapped
                tokens[position] = niov.pointee.index
                if Self.add(1, to: counters[tokens[position]]) == 1 { niov.hold() }
            }
        }
        return frags.count
    }

    func release(start: UInt32, count: UInt32, from owner: TokenOwner, attempts: inout Int, inSoftirq: Bool) -> Int {
        guard let ledger = owner.ledger(as: OwnerCounters.self) else { return 0 }
        return ledger._withUnsafeGuaranteedRef { counters in
            walk(start: start, count: count, limit: counters.count, owner: owner, attempts: &attempts) { index in
                if Self.add(-1, to: counters[index]) == 0 { counters.niov(index).drop(inSoftirq: inSoftirq) }
                return 1
            }
        }
    }

    func close(_ owner: TokenOwner) {
        owner.ledger(as: OwnerCounters.self)?.takeUnretainedValue().putAll()
    }

    /// Not atomic: what another thread stores between the two lines is lost.
    @inline(__always)
    private static func add(_ change: Int32, to counter: UnsafeMutablePointer<Atomic<Int32>>) -> Int32 {
        let sum = counter.pointee.load(ordering: .relaxed) &+ change
        counter.pointee.store(sum, ordering: .relaxed)
        return sum
    }
}

extension BookkeepingMechanism {
    /// See `PlainArray`.
    static let plainArray = BookkeepingMechanism(name: "plain array per socket") { _ in PlainArray() }
}
