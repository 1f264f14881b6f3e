import RingTestSupport
import Testing
import TokenRing

/// The consumer's side: `peek`, read, `release`, `cancel`; and what full and empty mean for both.
@Suite("Peek and release")
struct PeekReleaseTests {
    @Test("peek hands out what is there, n at the most")
    func upTo() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(submitAll(0..<6, to: &producer) == 6)
        #expect(consumer.peek(upTo: 4).count == 4)
        #expect(consumer.knownAvailable == 2)
        #expect(consumer.peek(upTo: 4).count == 2)
        #expect(consumer.peek(upTo: 4).isEmpty == true)
    }

    @Test("an empty ring hands out nothing and counts the consumer as starved")
    func empty() throws {
        var consumer = try GuardedRing(capacity: 8).consumer()
        #expect(consumer.peek(upTo: 8).isEmpty == true)
        #expect(consumer.peek(upTo: .max).isEmpty == true)
        #expect(consumer.statistics.starved == 2)
        #expect(consumer.statistics.indexViolations == 0)
    }

    @Test("peeking at nothing gives an empty batch and takes nothing")
    func nothing() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(submitAll([7], to: &producer) == 1)
        #expect(consumer.peek(upTo: 0).isEmpty == true)
        #expect(takeAll(from: &consumer) == [7])
    }

    @Test("entries that were submitted later come with a later peek")
    func laterEntries() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(submitAll([1, 2], to: &producer) == 2)
        #expect(consumer.peek(upTo: 1).count == 1)
        #expect(submitAll([3], to: &producer) == 1)
        #expect(consumer.peek(upTo: 8).count == 1, "what is known comes first")
        #expect(consumer.peek(upTo: 8).count == 1)
    }

    @Test("a batch can be released in parts, and no more than was peeked")
    func partialRelease() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(submitAll(0..<6, to: &producer) == 6)
        _ = consumer.peek(upTo: 4)
        consumer.release(1)
        #expect(ring.word(.consumer).loadAcquire() == 1)
        consumer.release(2)
        #expect(ring.word(.consumer).loadAcquire() == 3)
        consumer.release(.max)
        #expect(ring.word(.consumer).loadAcquire() == 4, "two were not peeked")
        #expect(takeAll(from: &consumer) == [4, 5])
    }

    @Test("cancelled entries stay in the ring and come again")
    func cancel() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(submitAll(0..<6, to: &producer) == 6)
        _ = consumer.peek(upTo: 5)
        consumer.release(1)
        consumer.cancel(2)
        let again = consumer.peek(upTo: 8)
        #expect(again.first == RingIndex(3))
        #expect(again.count == 3)
        consumer.cancel(.max)
        #expect(takeAll(from: &consumer) == [1, 2, 3, 4, 5], "what was released does not come back")
    }

    @Test("a ring of one slot alternates between full and empty")
    func oneSlot() throws {
        let ring = try GuardedRing(capacity: 1)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        for value in 0..<100 as Range<UInt64> {
            #expect(consumer.peek(upTo: 1).isEmpty == true)
            #expect(submitAll([value, value], to: &producer) == 1)
            #expect(producer.reserve(1).isEmpty == true)
            #expect(takeAll(from: &consumer) == [value])
        }
    }

    @Test("every fill level from empty to full is told apart")
    func fillLevels() throws {
        for level in 0...8 as ClosedRange<UInt32> {
            let ring = try GuardedRing(capacity: 8)
            var producer = try ring.producer()
            var consumer = try ring.consumer()
            #expect(submitAll(0..<UInt64(level), to: &producer) == Int(level))
            #expect(producer.reserve(upTo: .max).count == 8 - level)
            #expect(consumer.peek(upTo: .max).count == level)
        }
    }

    @Test("a consumer that takes over starts at the oldest entry that was not released")
    func takingOver() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        #expect(submitAll(0..<6, to: &producer) == 6)
        var first = try ring.consumer()
        _ = first.peek(upTo: 5)
        first.release(2)
        var second = try ring.consumer()
        #expect(takeAll(from: &second) == [2, 3, 4, 5])
    }
}
