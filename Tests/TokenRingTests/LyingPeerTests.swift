import RingTestSupport
import Testing
import TokenRing

/// The peer's index is a hint (R2 to R5). Whatever it says, no more than one ring full is handed out, nothing outside the
/// ring is touched (guard pages lie on both sides), nothing traps, and the lie is counted.
@Suite("Lying peer")
struct LyingPeerTests {
    static let capacity: UInt32 = 16

    /// How far the peer's index is moved from where it should be: forwards by more than a ring, and backwards.
    static let forwards: [UInt32] = [17, 32, 1000, 1 << 31]
    static let backwards: [UInt32] = [UInt32.max, 0 &- 2, 0 &- 16, 0 &- 17, (1 << 31) + 1]
    static let starts: [UInt32] = [0, 100, 0 &- 5]

    @Test("a producer index that is too far ahead or behind gives one ring full, counted", arguments: starts)
    func producerIndexLies(start: UInt32) throws {
        for lie in Self.forwards + Self.backwards {
            let ring = try GuardedRing(capacity: Self.capacity, start: start)
            var consumer = try ring.consumer()
            ring.word(.producer).storeRelease(start &+ lie)
            let batch = consumer.peek(upTo: .max)
            #expect(batch.count == Self.capacity, "lie \(lie)")
            for offset in 0..<batch.count { _ = consumer.read(at: batch[offset]) }
            consumer.release(batch.count)
            #expect(consumer.statistics.indexViolations == 1, "lie \(lie)")
        }
    }

    @Test("a producer index that goes backwards below what was peeked gives no more than the ring holds")
    func producerIndexGoesBackBelowPeeked() throws {
        for back in 1...12 as ClosedRange<UInt32> {
            let ring = try GuardedRing(capacity: Self.capacity)
            var producer = try ring.producer()
            var consumer = try ring.consumer()
            #expect(submitAll(0..<12, to: &producer) == 12)
            #expect(consumer.peek(upTo: 12).count == 12)
            ring.word(.producer).storeRelease(12 - back)
            let batch = consumer.peek(upTo: .max)
            #expect(batch.count <= Self.capacity - 12, "12 of 16 slots are still peeked; back by \(back)")
            #expect(consumer.statistics.indexViolations == 1, "back by \(back)")
        }
    }

    @Test("a producer index that keeps jumping never hands out more than a ring full")
    func producerIndexJumps() throws {
        let ring = try GuardedRing(capacity: Self.capacity)
        var consumer = try ring.consumer()
        var random = SplitMix64(seed: 0x5EED)
        var unreleased: UInt32 = 0
        for step in 0..<50_000 {
            ring.word(.producer).storeRelease(UInt32.random(in: 0 ... .max, using: &random))
            let batch = consumer.peek(upTo: .random(in: 0...40, using: &random))
            unreleased += batch.count
            try #require(unreleased <= Self.capacity, "step \(step)")
            for offset in 0..<batch.count { _ = consumer.read(at: batch[offset]) }
            let part = UInt32.random(in: 0...unreleased, using: &random)
            if Bool.random(using: &random) { consumer.release(part) } else { consumer.cancel(part) }
            unreleased -= part
        }
        #expect(consumer.statistics.indexViolations > 1000)
    }

    @Test("a consumer index beyond the producer gives no room, counted", arguments: starts)
    func consumerIndexAhead(start: UInt32) throws {
        for lie in [1, 2, 16, 17, 1 << 31, 0 &- 17] as [UInt32] {
            let ring = try GuardedRing(capacity: Self.capacity, start: start)
            var producer = try ring.producer()
            ring.word(.consumer).storeRelease(start &+ lie)
            #expect(producer.reserve(1).isEmpty == true, "lie \(lie)")
            #expect(producer.reserve(upTo: .max).isEmpty == true, "lie \(lie)")
            #expect(producer.statistics.indexViolations == 2, "lie \(lie)")
            ring.word(.consumer).storeRelease(start)
            #expect(producer.reserve(upTo: .max).count == Self.capacity, "the peer came to its senses")
        }
    }

    @Test("a consumer index that goes backwards gives no room beyond the ring, counted")
    func consumerIndexGoesBack() throws {
        for back in 1...8 as ClosedRange<UInt32> {
            let ring = try GuardedRing(capacity: Self.capacity)
            var producer = try ring.producer()
            var consumer = try ring.consumer()
            #expect(submitAll(0..<16, to: &producer) == 16)
            #expect(takeAll(from: &consumer, upTo: 8).count == 8)
            #expect(producer.reserve(8).count == 8)
            // 8 unread, 8 reserved: the ring is full. The consumer now claims that it never released some of them.
            ring.word(.consumer).storeRelease(8 - back)
            #expect(producer.reserve(upTo: .max).isEmpty == true, "back by \(back)")
            #expect(producer.statistics.indexViolations == 1, "back by \(back)")
        }
    }

    @Test("a consumer index between submitted and reserved releases what it cannot have seen: no room, counted")
    func consumerIndexAmongReserved() throws {
        let ring = try GuardedRing(capacity: Self.capacity)
        var producer = try ring.producer()
        #expect(submitAll(0..<4, to: &producer) == 4)
        #expect(producer.reserve(12).count == 12)
        ring.word(.consumer).storeRelease(6)
        #expect(producer.reserve(upTo: .max).isEmpty == true)
        #expect(producer.statistics.indexViolations == 1)
    }

    @Test("a consumer index that keeps jumping never gives more room than the ring has")
    func consumerIndexJumps() throws {
        let ring = try GuardedRing(capacity: Self.capacity)
        var producer = try ring.producer()
        var random = SplitMix64(seed: 0xC0FFEE)
        var unsubmitted: UInt32 = 0
        for step in 0..<50_000 {
            let near = ring.word(.producer).loadRelaxed() &+ UInt32.random(in: 0...40, using: &random) &- 20
            ring.word(.consumer).storeRelease(near)
            let batch = producer.reserve(upTo: .random(in: 0...40, using: &random))
            unsubmitted += batch.count
            try #require(unsubmitted <= Self.capacity, "step \(step)")
            for offset in 0..<batch.count { producer.write(UInt64(step), at: batch[offset]) }
            let part = UInt32.random(in: 0...unsubmitted, using: &random)
            if Bool.random(using: &random) { producer.submit(part) } else { producer.cancel(part) }
            unsubmitted -= part
        }
        #expect(producer.statistics.indexViolations > 1000)
    }

    @Test("a slot that changes after it was read does not change the copy")
    func copyIsPrivate() throws {
        let ring = try GuardedRing(capacity: 4)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(submitAll([42], to: &producer) == 1)
        let batch = consumer.peek(upTo: 1)
        let copy = consumer.read(at: batch[0])
        producer.write(666, at: batch[0])  // a hostile producer writes what it no longer owns
        #expect(copy == 42)
        #expect(consumer.read(at: batch[0]) == 666, "which is why only the copy may be checked")
    }
}
