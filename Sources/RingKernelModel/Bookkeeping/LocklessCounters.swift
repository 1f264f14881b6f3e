/// The second alternative that was tried for the series (sources.md A6; "surprisingly no noticeable improvement"): an xarray
/// of atomic counters, one a page, looked up without a lock and never erased before the socket is destroyed. The token is
/// the page index; the first token of a page takes the pool reference and the last drops it.
final class LocklessCounters: TokenBookkeeping {
    private let faults: FaultPlan

    init(faults: FaultPlan) { self.faults = faults }

    /// The token does not say of which binding it is.
    var mostBindings: Int { 1 }

    func makeLedger(for binding: Binding?) -> AnyObject? { binding.map(CounterTree.init(of:)) }

    func issue(
        _ frags: UnsafeBufferPointer<Frag>, of waiting: Int, to owner: TokenOwner, tokens: UnsafeMutablePointer<UInt32>
    ) -> Int {
        guard let ledger = owner.ledger(as: CounterTree.self) else { return 0 }
        return ledger._withUnsafeGuaranteedRef { tree in
            for (position, frag) in frags.enumerated() {
                let niov = frag.niov.unsafelyUnwrapped
                let index = niov.pointee.index
                // Memory is needed only for a page that this owner never had.
                guard let counter = tree.counter(of: index) ?? makeCounter(of: index, in: tree) else { return position }
                niov.take(counter.pointee)
                tokens[position] = index
            }
            return frags.count
        }
    }

    /// Nil when there is no memory.
    private func makeCounter(of index: NetIOVIndex, in tree: CounterTree) -> CounterTree.Counter? {
        faults.take(.tokenAllocation) ? nil : tree.makeCounter(of: index)
    }

    func release(start: UInt32, count: UInt32, from owner: TokenOwner, attempts: inout Int, inSoftirq: Bool) -> Int {
        guard let ledger = owner.ledger(as: CounterTree.self) else { return 0 }
        return ledger._withUnsafeGuaranteedRef { tree in
            walk(start: start, count: count, limit: tree.limit, owner: owner, attempts: &attempts) { index in
                guard let left = tree.counter(of: index)?.pointee.decrementIfPositive() else {
                    owner.refused.countNotHeld(1)
                    return 0
                }
                if left == 0 { tree.niov(index).drop(inSoftirq: inSoftirq) }
                return 1
            }
        }
    }

    func close(_ owner: TokenOwner) {
        owner.ledger(as: CounterTree.self)?.takeUnretainedValue().putAll()
    }
}

extension BookkeepingMechanism {
    /// See `LocklessCounters`.
    static let locklessCounters = BookkeepingMechanism(name: "xarray of counters, lock-free look-up") {
        LocklessCounters(faults: $0.faults)
    }
}
