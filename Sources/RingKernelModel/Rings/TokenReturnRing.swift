import CTokenRing
import TokenRing

/// The proposal's return ring: entries are token ranges, `struct token_ring_range`.
final class TokenReturnRing: ReturnRing, @unchecked Sendable {
    private static let batch: UInt32 = 64
    /// Tokens looked at in one pass in softirq, and between two looks at signals in a flush.
    private static let mostTokensPerPass = 1024
    /// Tokens refused after which a flush ends.
    private static let mostRefusedPerFlush = 65536

    /// On the heap, so that access through the class costs no exclusivity check.
    private let ring: UnsafeMutablePointer<ConsumerRing<MappedRingMemory<TokenRange>>>
    private let flags: SharedWord
    private let bookkeeping: any TokenBookkeeping
    private let faults: FaultPlan
    /// What a pass did not get to of the entry that it took: the kernel's own copy, the slot is released.
    private var rest = TokenRange(token_start: 0, token_count: 0)

    /// The kernel's end of ring `number` of `region`.
    init(
        _ region: RingRegion, number: Int, bookkeeping: any TokenBookkeeping, faults: FaultPlan
    ) throws(RegionError) {
        self.bookkeeping = bookkeeping
        self.faults = faults
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
        var refused = 0
        var entries: UInt32 = 0
        let most = enough == nil ? ring.pointee.capacity : Self.mostEntriesPerPass
        // What bounds work is tokens looked at: an entry may hold 2^32 - 1 (R11).
        var attempts = Self.mostTokensPerPass
        while released < enough ?? .max {
            let start = CostMeter.start()
            let before = attempts
            var taken = takeRest(owner, &attempts, inSoftirq: enough != nil)
            if attempts > 0 {
                let batch = ring.pointee.peek(upTo: min(Self.batch, most - entries))
                guard !batch.isEmpty || taken > 0 else { break }
                var offset: UInt32 = 0
                while offset < batch.count, attempts > 0 {
                    // One copy, then only the copy (R1).
                    rest = ring.pointee.read(at: batch[offset])
                    taken += takeRest(owner, &attempts, inSoftirq: enough != nil)
                    offset &+= 1
                }
                ring.pointee.cancel(batch.count - offset)
                ring.pointee.release(offset)
                entries += offset
            }
            cost.add(since: start, tokens: taken)
            released += taken
            refused += before - attempts - taken
            guard attempts == 0 else { continue }
            // Softirq leaves the rest for its next pass; a flush goes on, unless it is mostly kept busy with nonsense.
            guard enough == nil, refused < Self.mostRefusedPerFlush, !faults.take(.fatalSignal) else { break }
            attempts = Self.mostTokensPerPass
        }
        return released
    }

    /// Takes what is left of the entry in hand, as far as `attempts` go.
    @inline(__always)
    private func takeRest(_ owner: TokenOwner, _ attempts: inout Int, inSoftirq: Bool) -> Int {
        guard rest.token_count > 0 else { return 0 }
        // The sum is taken in 64 bits: what is beyond the last token does not come round to token 0 (R8).
        let room = UInt64(1) << 32 - UInt64(rest.token_start)
        if UInt64(rest.token_count) > room {
            owner.refused.countOutOfRange(UInt64(rest.token_count) - room)
            rest.token_count = UInt32(room)
        }
        let before = attempts
        let taken = bookkeeping.release(
            start: rest.token_start, count: rest.token_count, from: owner, attempts: &attempts, inSoftirq: inSoftirq)
        let looked = UInt32(before - attempts)
        // With attempts left the range was walked to its end, or to the end of what the binding can have.
        rest.token_count = attempts > 0 ? 0 : rest.token_count - looked
        rest.token_start &+= looked
        return taken
    }

    /// Bits of the flags word: nobody else writes it, and we never sleep on this ring.
    func reportStarvation() { flags.storeRelease(UInt32(TOKEN_RING_STARVED)) }

    func armStarvation() -> Bool {
        guard flags.loadRelaxed() & UInt32(TOKEN_RING_STARVED) != 0 else { return false }
        flags.storeRelease(0)
        return true
    }
}
