import RingTestSupport
import Testing
import TokenRing

/// A phase can claim no more than its own slot, and the indices are hints as in every ring: whatever the peer writes, no more
/// than one ring full is handed out and nothing outside the ring is touched (guard pages lie on both sides).
@Suite("Lying peer, slot publication")
struct SlotLyingPeerTests {
    static let capacity: UInt32 = 16
    static let starts: [UInt32] = [0, 100, 0 &- 5]

    @Test("all phases turned around are one ring full of stale entries, and then nothing", arguments: starts)
    func allPhasesFlipped(start: UInt32) throws {
        let ring = try GuardedSlotRing(capacity: Self.capacity, start: start)
        var consumer = try ring.consumer()
        for slot in 0..<Self.capacity { ring.flipPhase(slot) }
        #expect(consumer.peek(upTo: .max).count == Self.capacity)
        // Turned around again they are entries of the next round, which cannot be there: nothing was released.
        for slot in 0..<Self.capacity { ring.flipPhase(slot) }
        #expect(consumer.peek(upTo: .max).isEmpty == true)
        #expect(consumer.statistics.indexViolations == 0, "it was not even looked at")
        consumer.release(3)
        #expect(consumer.peek(upTo: .max).count == 3, "now it could be")
    }

    @Test("phases that keep turning around never hand out more than a ring full")
    func phasesJump() throws {
        let ring = try GuardedSlotRing(capacity: Self.capacity, start: 0 &- 1000)
        var consumer = try ring.consumer()
        var random = SplitMix64(seed: 0x5107)
        var unreleased: UInt32 = 0
        for step in 0..<50_000 {
            // Some at random, or all alike, so that whole rounds look published.
            let whole: UInt64? = Bool.random(using: &random) ? UInt64.random(in: 0...1, using: &random) << 63 : nil
            for slot in 0..<Self.capacity {
                if let whole { ring.setSlot(slot, whole) } else if Bool.random(using: &random) { ring.flipPhase(slot) }
            }
            let batch = consumer.peek(upTo: .random(in: 0...40, using: &random))
            unreleased += batch.count
            try #require(unreleased <= Self.capacity, "step \(step)")
            for offset in 0..<batch.count { #expect(consumer.read(at: batch[offset]) >> 63 == 0) }
            let part = UInt32.random(in: 0...unreleased, using: &random)
            if Bool.random(using: &random) { consumer.release(part) } else { consumer.cancel(part) }
            unreleased -= part
        }
        #expect(consumer.statistics.indexViolations == 0)
    }

    @Test("a peer that turns phases around while they are walked cannot make the walk longer than the ring")
    func phasesFlippedBehindTheWalk() throws {
        let ring = try GuardedSlotRing(capacity: 2)
        let hasEnded = Signal()
        let thread = TestThread {
            while !hasEnded.isSet {
                ring.flipPhase(0)
                ring.flipPhase(1)
            }
        }
        var consumer = try ring.consumer()
        for step in 0..<100_000 {
            let count = takeAll(from: &consumer).count
            guard count > 2 else { continue }
            Issue.record("\(count) entries of a ring of 2 in step \(step)")
            break
        }
        hasEnded.set()
        thread.join()
        #expect(consumer.statistics.indexViolations == 0)
    }

    @Test("a memory that claims more than a ring full is clamped by the ring and counted")
    func claimIsChecked() throws {
        for claim in [17, 1000, 1 << 31, .max] as [UInt32] {
            let ring = try GuardedSlotRing(capacity: Self.capacity, start: 0 &- 5)
            var consumer = ConsumerRing(memory: ClaimingMemory(try ring.ringMemory(), claim: claim))
            #expect(consumer.peek(upTo: .max).count == Self.capacity, "claim \(claim)")
            #expect(consumer.statistics.indexViolations == 1, "claim \(claim)")
        }
    }

    @Test("the producer index is a record: whatever it says, entries are taken by their slots")
    func recordLies() throws {
        let ring = try GuardedSlotRing(capacity: Self.capacity)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        for lie in [0, 1, 17, 1 << 31, .max] as [UInt32] {
            ring.word(.producer).storeRelease(lie)
            #expect(consumer.peek(upTo: .max).isEmpty == true, "lie \(lie)")
            #expect(submitAll([7, 8], to: &producer) == 2)
            ring.word(.producer).storeRelease(lie)
            #expect(takeAll(from: &consumer) == [7, 8], "lie \(lie)")
        }
        #expect(consumer.statistics.indexViolations == 0)
    }

    @Test("a consumer index beyond the producer gives no room, counted", arguments: starts)
    func consumerIndexAhead(start: UInt32) throws {
        for lie in [1, 2, 16, 17, 1 << 31, 0 &- 17] as [UInt32] {
            let ring = try GuardedSlotRing(capacity: Self.capacity, start: start)
            var producer = try ring.producer()
            ring.word(.consumer).storeRelease(start &+ lie)
            #expect(producer.reserve(1).isEmpty == true, "lie \(lie)")
            #expect(producer.reserve(upTo: .max).isEmpty == true, "lie \(lie)")
            #expect(producer.statistics.indexViolations == 2, "lie \(lie)")
            ring.word(.consumer).storeRelease(start)
            #expect(producer.reserve(upTo: .max).count == Self.capacity, "the peer came to its senses")
        }
    }

    @Test("an entry that is taken back after it was published is still one copy, its phase cleared")
    func takenBack() throws {
        let ring = try GuardedSlotRing(capacity: 4)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(submitAll([42, 43], to: &producer) == 2)
        let batch = consumer.peek(upTo: 2)
        ring.flipPhase(0)
        ring.setSlot(1, .max)
        #expect(consumer.read(at: batch[0]) == 42)
        #expect(consumer.read(at: batch[1]) == .max >> 1, "which is why only the copy may be checked")
    }
}

/// Any ring memory, with a claim about what is published.
private struct ClaimingMemory<Base: RingMemory>: RingMemory {
    let base: Base
    let claim: UInt32

    init(_ base: Base, claim: UInt32) {
        self.base = base
        self.claim = claim
    }

    var capacity: UInt32 { base.capacity }
    func has(_ word: RingWord) -> Bool { base.has(word) }
    func sharedWord(_ word: RingWord) -> SharedWord? { base.sharedWord(word) }
    func loadAcquire(_ word: RingWord) -> UInt32 { base.loadAcquire(word) }
    func loadRelaxed(_ word: RingWord) -> UInt32 { base.loadRelaxed(word) }
    func storeRelease(_ value: UInt32, to word: RingWord) { base.storeRelease(value, to: word) }
    func fullFence() { base.fullFence() }
    func loadEntry(at index: RingIndex) -> Base.Entry { base.loadEntry(at: index) }
    func storeEntry(_ entry: Base.Entry, at index: RingIndex) { base.storeEntry(entry, at: index) }
    func publish(from first: RingIndex, to end: RingIndex) { base.publish(from: first, to: end) }
    func publishedEnd(after known: RingIndex, wanted: UInt32, limit: UInt32) -> RingIndex { known &+ claim }
}
