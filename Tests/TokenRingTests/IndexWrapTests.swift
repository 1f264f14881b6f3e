import RingTestSupport
import Testing
import TokenRing

/// Indices are free-running 32-bit counters: after 2^32 entries a later index is numerically smaller.
@Suite("Index wrap")
struct IndexWrapTests {
    @Test("distances and steps are modulo 2^32")
    func arithmetic() {
        let last = RingIndex(.max)
        #expect(last &+ 1 == RingIndex(0))
        #expect(RingIndex(0) &- 1 == last)
        #expect(RingIndex(3).distance(from: last &- 1) == 5)
        #expect(RingBatch(first: last, count: 2)[1] == RingIndex(0))
    }

    @Test("content and order survive the wrap", arguments: [1, 2, 8, 64] as [UInt32], [1, 3, 7, 64] as [UInt32])
    func order(capacity: UInt32, batch: UInt32) throws {
        let ring = try GuardedRing(capacity: capacity, start: 0 &- 5)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        var sent: UInt64 = 0
        var received: UInt64 = 0
        for _ in 0..<300 where received < 300 {
            sent += UInt64(submitAll((sent..<sent + UInt64(batch)).map { $0 &* 7 }, to: &producer))
            for value in takeAll(from: &consumer, upTo: batch) {
                #expect(value == received &* 7)
                received += 1
            }
        }
        #expect(received >= 300)
        #expect(ring.word(.consumer).loadAcquire() == UInt32(truncatingIfNeeded: received) &- 5)
        #expect(ring.word(.consumer).loadAcquire() < 1000, "it has wrapped")
        #expect(producer.statistics.indexViolations == 0)
        #expect(consumer.statistics.indexViolations == 0)
    }

    @Test("a ring that is full across the wrap is full, and one that is empty across it is empty")
    func fullAndEmptyAcrossWrap() throws {
        for start in (0...9).map({ 0 &- UInt32($0) }) {
            let ring = try GuardedRing(capacity: 8, start: start)
            var producer = try ring.producer()
            var consumer = try ring.consumer()
            #expect(consumer.peek(upTo: 8).isEmpty == true)
            #expect(submitAll(0..<9, to: &producer) == 8)
            #expect(producer.reserve(1).isEmpty == true)
            #expect(takeAll(from: &consumer) == Array(0..<8))
            #expect(consumer.peek(upTo: 8).isEmpty == true)
            #expect(producer.reserve(8).count == 8)
        }
    }

    @Test("cancel works backwards across the wrap on both sides")
    func cancelAcrossWrap() throws {
        let ring = try GuardedRing(capacity: 8, start: .max)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        _ = producer.reserve(4)
        producer.cancel(4)
        #expect(producer.reserve(1).first == RingIndex(.max))
        producer.cancel(1)
        #expect(submitAll([1, 2, 3], to: &producer) == 3)
        _ = consumer.peek(upTo: 3)
        consumer.cancel(3)
        #expect(takeAll(from: &consumer) == [1, 2, 3])
    }
}
