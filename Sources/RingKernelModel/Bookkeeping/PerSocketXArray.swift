/// Today's kernel (sources.md A1, A2): each fragment handed out is an entry of the owner's xarray and holds a pool
/// reference of its own; the token is the index. Identifiers are reserved and committed in batches (`tcp_xa_pool`).
final class PerSocketXArray: TokenBookkeeping {
    private let faults: FaultPlan

    init(faults: FaultPlan) { self.faults = faults }

    func makeLedger(for binding: Binding?) -> AnyObject? { XArray() }

    func issue(
        _ frags: UnsafeBufferPointer<Frag>, of waiting: Int, to owner: TokenOwner, tokens: UnsafeMutablePointer<UInt32>
    ) -> Int {
        guard let first = frags.baseAddress, let userFrags = owner.ledger(as: XArray.self) else { return 0 }
        guard !faults.take(.tokenAllocation) else { return 0 }
        userFrags._withUnsafeGuaranteedRef { userFrags in
            userFrags.reserve(waiting, into: tokens)
            for frag in frags { frag.niov.unsafelyUnwrapped.hold() }
            userFrags.commit(tokens, frags: first, used: frags.count, of: waiting)
        }
        return frags.count
    }

    func release(start: UInt32, count: UInt32, from owner: TokenOwner, attempts: inout Int, inSoftirq: Bool) -> Int {
        guard let held = owner.ledger(as: XArray.self) else { return 0 }
        return held._withUnsafeGuaranteedRef { held in
            eraseInBatches(start: start, count: count, owner: owner, attempts: &attempts, inSoftirq: inSoftirq) {
                held.erase(from: $0, count: $1, into: $2)
            }
        }
    }

    func holdsTokens(_ owner: TokenOwner) -> Bool {
        owner.ledger(as: XArray.self)?._withUnsafeGuaranteedRef { $0.count > 0 } ?? false
    }

    func close(_ owner: TokenOwner) {
        owner.ledger(as: XArray.self)?.takeUnretainedValue().removeAll { $0.drop(inSoftirq: false) }
    }
}

extension BookkeepingMechanism {
    /// See `PerSocketXArray`.
    static let perSocketXArray = BookkeepingMechanism(name: "xarray per socket") { PerSocketXArray(faults: $0.faults) }
}
