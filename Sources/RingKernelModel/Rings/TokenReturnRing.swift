import CTokenRing
import TokenRing

/// The proposal's return ring: entries are token ranges, `struct token_ring_range`.
final class TokenReturnRing: ReturnRing, @unchecked Sendable {
    private static let batch: UInt32 = 64

    /// On the heap, so that access through the class costs no exclusivity check.
    private let ring: UnsafeMutablePointer<ConsumerRing<MappedRingMemory<TokenRange>>>
    private let flags: SharedWord
    private let bookkeeping: any TokenBookkeeping

    /// The kernel's end of ring `number` of `region`.
    init(_ region: RingRegion, number: Int, bookkeeping: any TokenBookkeeping) throws(RegionError) {
        self.bookkeeping = bookkeeping
        let consumer = try region.takeConsumer(of: number, entry: TokenRange.self)
        // Our own region's rings have all four words.
        let offset = region.rings[number].layout.consumerFlags ?? 0
        flags = SharedWord(at: region.mapping.base + Int(offset))
        ring = .allocate(capacity: 1)
        ring.initialize(to: consumer)
    }

    deinit {
        ring.deinitialize(count: 1)
        ring.deallocate()
    }

    var statistics: RingStatistics { ring.pointee.statistics }

    func consume(until enough: Int?, for owner: TokenOwner, cost: inout CostMeter) -> Int {
        var released = 0
        var entries: UInt32 = 0
        let most = enough == nil ? ring.pointee.capacity : Self.mostEntriesPerPass
        while released < enough ?? .max, entries < most {
            let start = CostMeter.start()
            let batch = ring.pointee.peek(upTo: min(Self.batch, most - entries))
            guard !batch.isEmpty else { break }
            var taken = 0
            for offset in 0..<batch.count {
                // One copy, then only the copy (R1).
                let range = ring.pointee.read(at: batch[offset])
                var attempts = DontNeed.mostFrags
                taken += bookkeeping.release(
                    start: range.token_start, count: range.token_count, from: owner, attempts: &attempts,
                    inSoftirq: enough != nil)
            }
            ring.pointee.release(batch.count)
            cost.add(since: start, tokens: taken)
            entries += batch.count
            released += taken
        }
        return released
    }

    /// Bits of the flags word: nobody else writes it, and we never sleep on this ring.
    func reportStarvation() { flags.storeRelease(UInt32(TOKEN_RING_STARVED)) }

    func armStarvation() -> Bool {
        guard flags.loadRelaxed() & UInt32(TOKEN_RING_STARVED) != 0 else { return false }
        flags.storeRelease(0)
        return true
    }
}
