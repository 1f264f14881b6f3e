import Glibc
import RingTestSupport
import Testing
import TokenRing

/// Rings whose entries are published by a phase bit in each slot: what an index-published ring does, this one does too.
@Suite("Slot publication")
struct SlotPublicationTests {
    @Test(
        "content and order survive many rounds and the wrap",
        arguments: [1, 2, 8, 64] as [UInt32], [1, 3, 7, 64] as [UInt32])
    func order(capacity: UInt32, batch: UInt32) throws {
        for start in [0, 0 &- 5] as [UInt32] {
            let ring = try GuardedSlotRing(capacity: capacity, start: start)
            var producer = try ring.producer()
            var consumer = try ring.consumer()
            var sent: UInt64 = 0
            var received: UInt64 = 0
            for _ in 0..<600 where received < 600 {
                sent += UInt64(submitAll((sent..<sent + UInt64(batch)).map { $0 &* 7 }, to: &producer))
                for value in takeAll(from: &consumer, upTo: batch) {
                    #expect(value == received &* 7)
                    received += 1
                }
            }
            #expect(received >= 600)
            #expect(ring.word(.consumer).loadAcquire() == start &+ UInt32(received))
            #expect(ring.word(.producer).loadAcquire() == start &+ UInt32(sent), "the record")
            #expect(producer.statistics.indexViolations == 0)
            #expect(consumer.statistics.indexViolations == 0)
        }
    }

    @Test("whole batches are written and read over the end of the ring and the wrap", arguments: [5, 7, 8] as [UInt32])
    func wholeBatches(batch count: UInt32) throws {
        let ring = try GuardedSlotRing(capacity: 8, start: 0 &- 21)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        var next: UInt64 = 0
        for _ in 0..<20 {
            let batch = producer.reserve(count)
            try #require(batch.count == count)
            producer.write(batch) { next + UInt64($0) }
            #expect(consumer.peek(upTo: count).isEmpty == true, "written is not published")
            producer.submit(batch.count)
            var values: [UInt64] = []
            #expect(consumer.consume(upTo: count) { values.append($0) } == count)
            #expect(values == Array(next..<next + UInt64(count)))
            next += UInt64(count)
        }
    }

    @Test("a ring that is full is full, and one that is empty is empty, across the wrap too")
    func fullAndEmpty() throws {
        for capacity in [1, 8] as [UInt32] {
            for start in (0...9).map({ 0 &- UInt32($0) }) {
                let ring = try GuardedSlotRing(capacity: capacity, start: start)
                var producer = try ring.producer()
                var consumer = try ring.consumer()
                for _ in 0..<3 {
                    #expect(consumer.peek(upTo: capacity).isEmpty == true)
                    #expect(submitAll(0..<UInt64(capacity) + 1, to: &producer) == capacity)
                    #expect(producer.reserve(1).isEmpty == true)
                    #expect(takeAll(from: &consumer) == Array(0..<UInt64(capacity)))
                    #expect(consumer.peek(upTo: capacity).isEmpty == true)
                }
            }
        }
    }

    @Test("a ring is empty wherever it starts, whatever its memory held", arguments: [0, .max] as [UInt64])
    func emptyAtStart(rubbish: UInt64) throws {
        for start in [0, 3, 8, 11, 16, 1 << 31, 0 &- 5, 0 &- 13] as [UInt32] {
            let ring = try GuardedSlotRing(capacity: 8, start: start, rubbish: rubbish)
            var consumer = try ring.consumer()
            #expect(consumer.peek(upTo: 8).isEmpty == true, "start \(start)")
            // A first half round and the next whole one meet every slot as the set-up left it.
            var producer = try ring.producer()
            #expect(submitAll([1, 2, 3], to: &producer) == 3)
            #expect(takeAll(from: &consumer) == [1, 2, 3])
            #expect(consumer.peek(upTo: 8).isEmpty == true, "start \(start)")
            #expect(submitAll([4, 5, 6], to: &producer) == 3)
            #expect(takeAll(from: &consumer) == [4, 5, 6])
            #expect(consumer.peek(upTo: 8).isEmpty == true, "start \(start)")
        }
    }

    @Test("what was written and cancelled is not published, now or in a later round")
    func cancelAfterWrite() throws {
        for capacity in [1, 4] as [UInt32] {
            let ring = try GuardedSlotRing(capacity: capacity, start: 0 &- 6)
            var producer = try ring.producer()
            var consumer = try ring.consumer()
            for step in 0..<40 as Range<UInt64> {
                let batch = producer.reserve(capacity)
                try #require(batch.count == capacity)
                for offset in 0..<batch.count { producer.write(.max, at: batch[offset]) }
                producer.cancel(batch.count)
                #expect(consumer.peek(upTo: .max).isEmpty == true, "step \(step)")
                #expect(submitAll([step], to: &producer) == 1)
                #expect(takeAll(from: &consumer) == [step])
                #expect(consumer.peek(upTo: .max).isEmpty == true, "step \(step)")
            }
        }
    }

    @Test("submitting a part publishes the oldest and no more")
    func partOfBatch() throws {
        let ring = try GuardedSlotRing(capacity: 8, start: 0 &- 3)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        let batch = producer.reserve(6)
        for offset in 0..<batch.count { producer.write(UInt64(offset), at: batch[offset]) }
        producer.submit(2)
        #expect(takeAll(from: &consumer) == [0, 1])
        #expect(consumer.peek(upTo: .max).isEmpty == true)
        producer.submit(.max)
        #expect(takeAll(from: &consumer) == [2, 3, 4, 5])
    }

    @Test("of a batch that was written over the end of the ring only what is submitted is published")
    func partOverTheEnd() throws {
        for (first, part) in (0..<16).flatMap({ first in (0...8).map { (first, $0) } }) as [(UInt32, UInt32)] {
            let ring = try GuardedSlotRing(capacity: 8, start: first)
            var producer = try ring.producer()
            var consumer = try ring.consumer()
            let batch = producer.reserve(8)
            producer.write(batch) { UInt64($0) }
            producer.submit(part)
            producer.cancel(8)
            #expect(takeAll(from: &consumer) == Array(0..<UInt64(part)), "from \(first)")
        }
    }

    @Test("a consumer that cancels finds the same entries again")
    func consumerCancels() throws {
        let ring = try GuardedSlotRing(capacity: 8, start: 0 &- 2)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(submitAll([1, 2, 3, 4], to: &producer) == 4)
        #expect(consumer.peek(upTo: 4).count == 4)
        consumer.cancel(3)
        consumer.release(1)
        #expect(takeAll(from: &consumer) == [2, 3, 4])
    }

    @Test("an entry that uses the phase bit itself arrives with the bit cleared and all else as it was")
    func phaseBitIsMasked() throws {
        let ring = try GuardedSlotRing(capacity: 2)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        for round in 0..<4 {
            let batch = producer.reserve(2)
            producer.write(batch) { [.max, 1 << 63 | 5][Int($0)] }
            #expect(consumer.peek(upTo: 2).isEmpty == true, "round \(round)")
            producer.submit(2)
            #expect(takeAll(from: &consumer) == [.max >> 1, 5], "round \(round)")
        }
    }

    @Test("an entry type whose phase word is not an aligned word of the entry is a programming error")
    func phaseWordOutside() async {
        await #expect(processExitsWith: .failure) {
            let mapping = try GuardedMemory(byteCount: 1024).mapping
            let layout = RingLayout(producer: 0, consumer: 128, entries: 512, entryStride: 4, capacity: 8)
            _ = try SlotPublishedMemory(mapping, layout: layout, of: Misphased.self)
        }
    }

    @Test("a producer that takes over goes on behind the last published entry, whatever had been recorded")
    func successor() throws {
        let ring = try GuardedSlotRing(capacity: 4, start: 0 &- 2)
        var consumer = try ring.consumer()
        var next: UInt64 = 0
        for unrecorded in [0, 1, 3, 4] as [UInt32] {
            var dying = try ring.producer()
            let recorded = ring.word(.producer).loadAcquire()
            #expect(submitAll((0..<UInt64(unrecorded)).map { next + $0 }, to: &dying) == unrecorded)
            // It dies between the last phase and the record.
            ring.word(.producer).storeRelease(recorded)
            var producer = try ring.producer()
            #expect(producer.reserve(upTo: 4).count == 4 - unrecorded)
            producer.cancel(4)
            #expect(takeAll(from: &consumer) == (0..<UInt64(unrecorded)).map { next + $0 })
            next += UInt64(unrecorded)
            #expect(submitAll([next], to: &producer) == 1)
            #expect(takeAll(from: &consumer) == [next])
            next += 1
        }
    }

    @Test("two threads move a million entries, each one the right one, over the wrap")
    func twoThreads() throws {
        let count: UInt64 = 1_000_000
        let ring = try GuardedSlotRing(capacity: 1024, start: 0 &- UInt32(count / 2))
        let hasFailed = Signal()
        let thread = TestThread {
            guard var producer = try? ring.producer() else { return }
            var sent: UInt64 = 0
            while sent < count, !hasFailed.isSet {
                let batch = producer.reserve(upTo: UInt32(min(count - sent, sent % 19 + 1)))
                producer.write(batch) { [sent] in Self.value(sent + UInt64($0)) }
                producer.submit(batch.count)
                sent += UInt64(batch.count)
                if batch.isEmpty { sched_yield() }
            }
            #expect(producer.statistics.indexViolations == 0)
        }
        var consumer = try ring.consumer()
        var received: UInt64 = 0
        var wrong: UInt64 = 0
        let end = ContinuousClock.now + .seconds(60)
        while received < count, wrong == 0, ContinuousClock.now < end {
            let count = consumer.consume(upTo: 17) { value in
                if value != Self.value(received) { wrong += 1 }
                received += 1
            }
            if count == 0 { sched_yield() }
        }
        #expect(wrong == 0, "near entry \(received)")
        #expect(received == count)
        #expect(consumer.statistics.indexViolations == 0)
        // A producer whose entries are not taken would wait for ever.
        if received != count { hasFailed.set() }
        thread.join()
    }

    /// Every bit but the phase follows from the number.
    private static func value(_ number: UInt64) -> UInt64 { number &* 0x9E37_79B9_7F4A_7C15 & .max >> 1 }
}

/// An entry of 4 bytes that claims to have a phase word behind them.
private struct Misphased: PhasedEntry, BitwiseCopyable {
    static var phaseWordOffset: Int { 4 }
    let word: UInt32
}
