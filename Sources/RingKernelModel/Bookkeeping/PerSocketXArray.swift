/// Today's kernel (sources.md A1, A2): each fragment handed out is an entry of the owner's xarray and holds a pool
/// reference of its own; the token is the index. Identifiers are reserved and committed in batches (`tcp_xa_pool`).
final class PerSocketXArray: TokenBookkeeping {
    /// Buffers dropped per lock hold, as in `sock_devmem_dontneed`.
    private static let dropBatch = 16

    private let faults: FaultPlan

    init(faults: FaultPlan) { self.faults = faults }

    func makeLedger(for binding: Binding?) -> AnyObject? { XArray() }

    func issue(
        _ frags: UnsafeBufferPointer<Frag>, of waiting: Int, to owner: TokenOwner, tokens: UnsafeMutablePointer<UInt32>
    ) -> Int {
        guard let first = frags.baseAddress, !faults.take(.tokenAllocation) else { return 0 }
        return owner.withLedger(XArray.self) { userFrags in
            userFrags.reserve(waiting, into: tokens)
            for frag in frags { frag.niov.unsafelyUnwrapped.hold() }
            userFrags.commit(tokens, frags: first, used: frags.count, of: waiting)
            return frags.count
        } ?? 0
    }

    func release(start: UInt32, count: UInt32, from owner: TokenOwner, attempts: inout Int, inSoftirq: Bool) -> Int {
        owner.withLedger(XArray.self) { userFrags in
            withUnsafeTemporaryAllocation(of: NetIOVPointer.self, capacity: Self.dropBatch) { found in
                guard let room = found.baseAddress else { return 0 }
                var released = 0
                var done: UInt32 = 0
                while done < count, attempts > 0 {
                    let batch = min(Self.dropBatch, Int(count - done), attempts)
                    attempts -= batch
                    let taken = userFrags.erase(from: start &+ done, count: batch, into: room)
                    for position in 0..<taken { room[position].drop(inSoftirq: inSoftirq) }
                    if taken < batch { owner.refused.countNotHeld(UInt64(batch - taken)) }
                    released += taken
                    done += UInt32(batch)
                }
                return released
            }
        } ?? 0
    }

    func close(_ owner: TokenOwner) {
        owner.withLedger(XArray.self) { $0.removeAll { $0.drop(inSoftirq: false) } }
    }
}
