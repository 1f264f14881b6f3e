/// `PerBindingURef` with tokens that say which binding they are of (sources.md A16): 5 bits of a table of the owner's bindings
/// and 27 bits of page index, so 32 bindings of 512 GiB each. The other figures in the thread (8 to 32 bindings) share the
/// bits out in another way.
///
/// The 33rd binding is refused with -EFAULT, as a second one is without the index (B8), until the socket is closed; that a
/// number is used again once all its tokens are back, as the thread would have it, is not modelled.
final class BindingIndexURef: TokenBookkeeping {
    /// Bits of a token that are page index.
    static let pageBits: UInt32 = 27

    var mostBindings: Int { BindingTable.most }

    func makeLedger(for binding: Binding?) -> AnyObject? { BindingTable() }

    func knows(_ owner: TokenOwner) -> Bool { owner.binding != nil }

    func issue(
        _ frags: UnsafeBufferPointer<Frag>, of waiting: Int, to owner: TokenOwner, tokens: UnsafeMutablePointer<UInt32>
    ) -> Int {
        guard let first = frags.first, let table = owner.ledger(as: BindingTable.self) else { return 0 }
        guard let number = table._withUnsafeGuaranteedRef({ $0.number(of: first) }) else { return 0 }
        let name = UInt32(number) << Self.pageBits
        for (position, frag) in frags.enumerated() {
            let niov = frag.niov.unsafelyUnwrapped
            niov.takeUserReference()
            tokens[position] = name | niov.pointee.index
        }
        return frags.count
    }

    func release(start: UInt32, count: UInt32, from owner: TokenOwner, attempts: inout Int, inSoftirq: Bool) -> Int {
        let number = Int(start >> Self.pageBits)
        let row = owner.ledger(as: BindingTable.self)?._withUnsafeGuaranteedRef { number < $0.count ? $0[number] : nil }
        guard let row = row ?? nil else {
            owner.refused.countOutOfRange(UInt64(count))
            return 0
        }
        // The page alone is walked: a range that leaves its binding ends there and does not run into the next one.
        let page = start & (1 << Self.pageBits - 1)
        return walk(start: page, count: count, limit: row.count, owner: owner, attempts: &attempts) {
            (row.niovs + Int($0)).putUserReference(of: owner, inSoftirq: inSoftirq)
        }
    }
}

extension BookkeepingMechanism {
    /// See `BindingIndexURef`.
    static let bindingIndex = BookkeepingMechanism(name: "uref, binding index in the token") { _ in BindingIndexURef() }
}
