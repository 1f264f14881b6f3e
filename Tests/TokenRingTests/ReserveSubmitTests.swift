import RingTestSupport
import Testing
import TokenRing

/// The producer's side: `reserve`, write, `submit`, `cancel`.
@Suite("Reserve and submit")
struct ReserveSubmitTests {
    @Test("reserve hands out exactly what is asked for, or nothing")
    func allOrNothing() throws {
        var producer = try GuardedRing(capacity: 8).producer()
        #expect(producer.reserve(5).count == 5)
        #expect(producer.reserve(4).isEmpty == true)
        #expect(producer.knownFree == 3, "a refused reserve takes nothing")
        #expect(producer.reserve(3).count == 3)
        #expect(producer.reserve(1).isEmpty == true)
    }

    @Test("reserve up to n hands out what is free")
    func upTo() throws {
        var producer = try GuardedRing(capacity: 8).producer()
        #expect(producer.reserve(upTo: 5).count == 5)
        #expect(producer.reserve(upTo: 5).count == 3)
        #expect(producer.reserve(upTo: 5).isEmpty == true)
    }

    @Test("a batch larger than the ring is refused, and up to n gives one ring full")
    func largerThanRing() throws {
        var producer = try GuardedRing(capacity: 8).producer()
        #expect(producer.reserve(9).isEmpty == true)
        #expect(producer.reserve(.max).isEmpty == true)
        #expect(producer.reserve(upTo: .max).count == 8)
    }

    @Test("reserving nothing gives an empty batch and changes nothing")
    func nothing() throws {
        var producer = try GuardedRing(capacity: 8).producer()
        #expect(producer.reserve(0).isEmpty == true)
        #expect(producer.reserve(upTo: 0).isEmpty == true)
        #expect(producer.reserve(8).count == 8)
        #expect(producer.reserve(0).isEmpty == true)
        #expect(producer.statistics.indexViolations == 0)
    }

    @Test("batches follow each other without a gap")
    func contiguous() throws {
        var producer = try GuardedRing(capacity: 8).producer()
        let first = producer.reserve(3)
        let second = producer.reserve(2)
        #expect(first[0] == RingIndex(0) && first[2] == RingIndex(2))
        #expect(second.first == RingIndex(3))
    }

    @Test("the consumer sees nothing before submit")
    func invisibleBeforeSubmit() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        let batch = producer.reserve(1)
        producer.write(42, at: batch[0])
        #expect(consumer.peek(upTo: 8).isEmpty == true)
        #expect(ring.word(.producer).loadAcquire() == 0)
        producer.submit(1)
        #expect(takeAll(from: &consumer) == [42])
    }

    @Test("a batch can be submitted in parts, oldest first")
    func partialSubmit() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        let batch = producer.reserve(5)
        for offset in 0..<batch.count { producer.write(UInt64(100 + offset), at: batch[offset]) }
        producer.submit(2)
        #expect(takeAll(from: &consumer) == [100, 101])
        producer.submit(1)
        #expect(takeAll(from: &consumer) == [102])
        producer.submit(2)
        #expect(takeAll(from: &consumer) == [103, 104])
    }

    @Test("no more is submitted than was reserved")
    func submitIsBounded() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        _ = producer.reserve(3)
        producer.submit(.max)
        #expect(ring.word(.producer).loadAcquire() == 3)
        producer.submit(1)
        #expect(ring.word(.producer).loadAcquire() == 3)
    }

    @Test("cancelled slots are handed out again, submitted ones are not")
    func cancel() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        let batch = producer.reserve(6)
        for offset in 0..<2 { producer.write(UInt64(offset), at: batch[UInt32(offset)]) }
        producer.submit(2)
        producer.cancel(3)
        #expect(producer.knownFree == 5)
        let again = producer.reserve(5)
        #expect(again.first == RingIndex(3), "one slot stays reserved")
        producer.cancel(.max)
        #expect(producer.reserve(6).first == RingIndex(2), "what was submitted stays")
        #expect(takeAll(from: &consumer) == [0, 1])
    }

    @Test("a full ring has room again exactly when the consumer releases")
    func roomAfterRelease() throws {
        let ring = try GuardedRing(capacity: 4)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(submitAll(0..<4, to: &producer) == 4)
        #expect(producer.reserve(1).isEmpty == true)
        let batch = consumer.peek(upTo: 3)
        #expect(producer.reserve(1).isEmpty == true, "peeked is not released")
        consumer.release(2)
        #expect(producer.reserve(3).isEmpty == true)
        #expect(producer.reserve(2).count == 2)
        #expect(batch.count == 3)
    }

    @Test("a producer that found too little room counts it as starved")
    func starvedIsCounted() throws {
        var producer = try GuardedRing(capacity: 4).producer()
        _ = producer.reserve(4)
        #expect(producer.statistics.starved == 0)
        _ = producer.reserve(1)
        _ = producer.reserve(upTo: 7)
        #expect(producer.statistics.starved == 2)
        #expect(producer.statistics.indexViolations == 0)
    }

    @Test("a producer that takes over goes on where the last one stopped")
    func takingOver() throws {
        let ring = try GuardedRing(capacity: 4)
        var first = try ring.producer()
        #expect(submitAll([1, 2, 3], to: &first) == 3)
        _ = first.reserve(1)  // reserved and never submitted: it is as if it had not been
        var second = try ring.producer()
        #expect(submitAll([4, 5], to: &second) == 1)
        var consumer = try ring.consumer()
        #expect(takeAll(from: &consumer) == [1, 2, 3, 4])
    }
}
