import CTokenRing
import TokenRing

/// The proposal's return ring: entries are token ranges, `struct token_ring_range`.
final class TokenReturnRing: ReturnRing, @unchecked Sendable {
    private static let batch: UInt32 = 64
    /// A flush is over after so many tokens that nobody held.
    private static let mostRefusedPerFlush = 65536

    /// On the heap, so that access through the class costs no exclusivity check.
    private let ring: UnsafeMutablePointer<ConsumerRing<MappedRingMemory<TokenRange>>>
    private let flags: SharedWord
    private let bookkeeping: any TokenBookkeeping
    private let faults: FaultPlan
    /// What the last pass did not get to. Its entry is released already.
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

    func fetchEntries() { ring.pointee.fetchNext() }

    func fetchBuffers(of owner: TokenOwner) {
        let entries = ring.pointee.peek(upTo: Self.batch)
        prefetch(entries, of: owner)
        ring.pointee.cancel(entries.count)
    }

    func consume(until enough: Int?, for owner: TokenOwner, forDriver: Bool, cost: inout CostMeter) -> Int {
        let pass = Pass(
            enough: enough ?? .max, inSoftirq: enough != nil,
            looks: enough == nil ? Self.mostRefusedPerFlush : Int(Self.mostEntriesPerPass),
            entries: enough == nil ? ring.pointee.capacity : Self.mostEntriesPerPass)
        var released = 0
        var looked = 0
        var entries: UInt32 = 0
        while released < pass.enough, looked < pass.looks, entries < pass.entries {
            let start = CostMeter.start(if: !forDriver)
            let before = released
            if rest.token_count > 0 {
                let range = rest
                rest.token_count = 0
                released += take(range, owner, pass, released, &looked)
            }
            let batch = ring.pointee.peek(upTo: min(Self.batch, pass.entries - entries))
            if !forDriver { prefetch(batch, of: owner) }
            var done: UInt32 = 0
            while done < batch.count, rest.token_count == 0, looked < pass.looks, released < pass.enough {
                // One copy, then only the copy (R1).
                released += take(ring.pointee.read(at: batch[done]), owner, pass, released, &looked)
                done += 1
            }
            ring.pointee.cancel(batch.count - done)
            if done > 0 { ring.pointee.release(done) }
            entries += done
            if released > before || done > 0 { cost.add(since: start, tokens: released - before) }
            guard done > 0 || rest.token_count > 0, !(enough == nil && faults.take(.fatalSignal)) else { break }
        }
        return released
    }

    /// Fetches the lines of the buffers that come back next: of what the last pass left, and of entries that were peeked, the first
    /// `batch` buffers. What it reads is a hint; it is read again when it counts.
    @inline(__always)
    private func prefetch(_ entries: RingBatch, of owner: TokenOwner) {
        guard let niovs = owner.niovs else { return }
        var left = Self.batch &- min(rest.token_count, Self.batch)
        niovs.pointee.prefetch(Self.batch &- left, from: rest.token_start)
        ring.pointee.read(entries) { range in
            let count = min(range.token_count, left)
            left &-= count
            niovs.pointee.prefetch(count, from: range.token_start)
        }
    }

    /// What bounds one pass (R11): buffers, tokens looked at - an entry may name 2^32 - 1 - and entries.
    private struct Pass {
        let enough: Int
        let inSoftirq: Bool
        let looks: Int
        let entries: UInt32
    }

    /// Takes a range back, as far as there is need. What the pass does not get to is kept for the next one.
    ///
    /// - Parameter looked: in softirq tokens looked at, in a flush those that were refused.
    private func take(
        _ entry: TokenRange, _ owner: TokenOwner, _ pass: Pass, _ released: Int, _ looked: inout Int
    ) -> Int {
        var range = entry
        // The sum is taken in 64 bits: what is beyond the last token does not come round to token 0 (R8).
        let room = UInt64(1) << 32 - UInt64(range.token_start)
        if UInt64(range.token_count) > room {
            owner.refused.countOutOfRange(UInt64(range.token_count) - room)
            range.token_count = UInt32(room)
        }
        var attempts = min(pass.looks - looked, pass.enough - released)
        let allowed = attempts
        let taken = bookkeeping.release(
            start: range.token_start, count: range.token_count, from: owner, attempts: &attempts,
            inSoftirq: pass.inSoftirq)
        let used = allowed - attempts
        looked += pass.inSoftirq ? used : used - taken
        if attempts == 0, used < Int(range.token_count) {
            rest = TokenRange(
                token_start: range.token_start &+ UInt32(used), token_count: range.token_count - UInt32(used))
        }
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
