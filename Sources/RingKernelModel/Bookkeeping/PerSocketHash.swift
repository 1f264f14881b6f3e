/// The hash table that was tried for the series (sources.md A5; "no improvement", in the v1 thread "way worse than xarray"):
/// as today's xarray, but the identifiers count up and are found in a hash table with a lock in each bucket.
final class PerSocketHash: TokenBookkeeping {
    private let faults: FaultPlan

    init(faults: FaultPlan) { self.faults = faults }

    func makeLedger(for binding: Binding?) -> AnyObject? { TokenHash() }

    func issue(
        _ frags: UnsafeBufferPointer<Frag>, of waiting: Int, to owner: TokenOwner, tokens: UnsafeMutablePointer<UInt32>
    ) -> Int {
        guard let held = owner.ledger(as: TokenHash.self), !faults.take(.tokenAllocation) else { return 0 }
        for frag in frags { frag.niov.unsafelyUnwrapped.hold() }
        held._withUnsafeGuaranteedRef { $0.insert(frags, tokens: tokens) }
        return frags.count
    }

    func release(start: UInt32, count: UInt32, from owner: TokenOwner, attempts: inout Int, inSoftirq: Bool) -> Int {
        guard let held = owner.ledger(as: TokenHash.self) else { return 0 }
        return held._withUnsafeGuaranteedRef { held in
            eraseInBatches(start: start, count: count, owner: owner, attempts: &attempts, inSoftirq: inSoftirq) {
                held.erase(from: $0, count: $1, into: $2)
            }
        }
    }

    func close(_ owner: TokenOwner) {
        owner.ledger(as: TokenHash.self)?.takeUnretainedValue().removeAll { $0.drop(inSoftirq: false) }
    }
}

extension BookkeepingMechanism {
    /// See `PerSocketHash`.
    static let perSocketHash = BookkeepingMechanism(name: "hash table per socket") { PerSocketHash(faults: $0.faults) }
}
