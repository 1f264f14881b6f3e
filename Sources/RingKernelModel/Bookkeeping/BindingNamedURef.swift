/// `PerBindingURef` for tokens that come back with the id of their binding beside them (`dmabuf_token_v2`, sources.md A17). The
/// token itself stays the page index; the id is the `dmabuf_id` that the control message carried.
///
/// Today's entries without an id still work on a socket that received from one binding; from the second on they are
/// ambiguous, and -EINVAL.
final class BindingNamedURef: TokenBookkeeping {
    var mostBindings: Int { BindingTable.most }

    func makeLedger(for binding: Binding?) -> AnyObject? { BindingTable() }

    func knows(_ owner: TokenOwner) -> Bool { owner.ledger(as: BindingTable.self)?.takeUnretainedValue().count == 1 }

    func issue(
        _ frags: UnsafeBufferPointer<Frag>, of waiting: Int, to owner: TokenOwner, tokens: UnsafeMutablePointer<UInt32>
    ) -> Int {
        guard let first = frags.first, let table = owner.ledger(as: BindingTable.self) else { return 0 }
        guard table._withUnsafeGuaranteedRef({ $0.number(of: first) }) != nil else { return 0 }
        for (position, frag) in frags.enumerated() {
            let niov = frag.niov.unsafelyUnwrapped
            niov.takeUserReference()
            tokens[position] = niov.pointee.index
        }
        return frags.count
    }

    func release(start: UInt32, count: UInt32, from owner: TokenOwner, attempts: inout Int, inSoftirq: Bool) -> Int {
        guard let table = owner.ledger(as: BindingTable.self) else { return 0 }
        guard let row = table._withUnsafeGuaranteedRef({ $0.count == 1 ? $0[0] : nil }) else { return 0 }
        return release(start: start, count: count, of: row, from: owner, attempts: &attempts, inSoftirq: inSoftirq)
    }

    /// Takes tokens of the binding `id` back.
    func release(
        start: UInt32, count: UInt32, binding id: UInt32, from owner: TokenOwner, attempts: inout Int
    ) -> Int {
        guard let row = owner.ledger(as: BindingTable.self)?.takeUnretainedValue().row(id: id) else {
            owner.refused.countOutOfRange(UInt64(count))
            return 0
        }
        return release(start: start, count: count, of: row, from: owner, attempts: &attempts, inSoftirq: false)
    }

    @inline(__always)
    private func release(
        start: UInt32, count: UInt32, of row: BindingTable.Row, from owner: TokenOwner, attempts: inout Int,
        inSoftirq: Bool
    ) -> Int {
        walk(start: start, count: count, limit: row.count, owner: owner, attempts: &attempts) {
            (row.niovs + Int($0)).putUserReference(of: owner, inSoftirq: inSoftirq)
        }
    }
}

extension BookkeepingMechanism {
    /// See `BindingNamedURef`.
    static let bindingNamed = BookkeepingMechanism(name: "uref, binding id beside the token") { _ in
        BindingNamedURef()
    }
}
