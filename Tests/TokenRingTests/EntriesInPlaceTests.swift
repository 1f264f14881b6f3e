import RingTestSupport
import Testing
import TokenRing

/// Batches that lie side by side in the ring's memory, read and written there.
@Suite("Entries in place")
struct EntriesInPlaceTests {
    @Test("a batch ends where the ring's memory ends, and what is behind comes with the next")
    func wraps() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(submitAll(0..<5, to: &producer) == 5)
        #expect(takeAll(from: &consumer) == [0, 1, 2, 3, 4])
        let first = producer.reserveInPlace(upTo: 6)
        #expect(first.count == 3)
        for (position, entry) in (5..<8).enumerated() { producer.slots(of: first)[position] = UInt64(entry) }
        let second = producer.reserveInPlace(upTo: 3)
        #expect(second.count == 3)
        for (position, entry) in (8..<11).enumerated() { producer.slots(of: second)[position] = UInt64(entry) }
        producer.submit(6)
        let before = consumer.peekInPlace(upTo: 8)
        #expect(Array(consumer.entries(of: before)) == [5, 6, 7])
        let behind = consumer.peekInPlace(upTo: 8)
        #expect(Array(consumer.entries(of: behind)) == [8, 9, 10])
        #expect(consumer.peekInPlace(upTo: 8).isEmpty == true)
        consumer.release(6)
        #expect(producer.reserve(8).count == 8, "all came back")
    }

    @Test("no more than asked for, and nothing of an empty or full ring")
    func limits() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(consumer.peekInPlace(upTo: 8).isEmpty == true)
        #expect(submitAll(0..<8, to: &producer) == 8)
        #expect(producer.reserveInPlace(upTo: 1).isEmpty == true)
        #expect(consumer.peekInPlace(upTo: 3).count == 3)
        #expect(consumer.peekInPlace(upTo: .max).count == 5)
    }

    @Test("what is fetched ahead is still to be peeked, and slots fetched ahead are still to be reserved")
    func fetched() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        producer.claimNext(8)
        consumer.fetchNext()
        #expect(submitAll(0..<8, to: &producer) == 8)
        consumer.fetchNext()
        #expect(takeAll(from: &consumer) == Array(0..<8))
    }
}
