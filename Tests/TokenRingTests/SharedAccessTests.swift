import RingTestSupport
import Testing
import TokenRing

/// What a ring does to the shared cache lines: a batch costs one look at the peer's index and one store of its own, and
/// its own index is never read back (R2).
@Suite("Shared accesses")
struct SharedAccessTests {
    typealias Counted = CountingRingMemory<MappedRingMemory<UInt64>>

    @Test("a producer's batch touches the shared indices twice, whatever its size", arguments: [1, 8, 64] as [UInt32])
    func producerBatch(count: UInt32) throws {
        let memory = Counted(try GuardedRing(capacity: 64).ringMemory())
        var producer = ProducerRing(memory: memory)
        _ = memory.takeTraffic()
        let batch = producer.reserve(count)
        for offset in 0..<batch.count { producer.write(1, at: batch[offset]) }
        producer.submit(batch.count)
        let traffic = memory.takeTraffic()
        #expect(traffic.loads == [.consumer: 1])
        #expect(traffic.stores == [.producer: 1])
        #expect(traffic.wordTouches == 2)
        #expect(traffic.entriesWritten == Int(count))
        #expect(traffic.fences == 0)
    }

    @Test("a consumer's batch touches the shared indices twice, whatever its size", arguments: [1, 8, 64] as [UInt32])
    func consumerBatch(count: UInt32) throws {
        let ring = try GuardedRing(capacity: 64)
        var producer = try ring.producer()
        #expect(submitAll((0..<UInt64(count)), to: &producer) == Int(count))
        let memory = Counted(try ring.ringMemory())
        var consumer = ConsumerRing(memory: memory)
        _ = memory.takeTraffic()
        let batch = consumer.peek(upTo: count)
        for offset in 0..<batch.count { #expect(consumer.read(at: batch[offset]) == UInt64(offset)) }
        consumer.release(batch.count)
        let traffic = memory.takeTraffic()
        #expect(traffic.loads == [.producer: 1])
        #expect(traffic.stores == [.consumer: 1])
        #expect(traffic.wordTouches == 2)
        #expect(traffic.entriesRead == Int(count))
        #expect(traffic.fences == 0)
    }

    @Test("as long as room is known, the producer does not look at the consumer's index")
    func knownRoom() throws {
        let memory = Counted(try GuardedRing(capacity: 64).ringMemory())
        var producer = ProducerRing(memory: memory)
        _ = producer.reserve(1)
        _ = memory.takeTraffic()
        for _ in 0..<63 { #expect(producer.reserve(1).count == 1) }
        #expect(memory.takeTraffic().wordTouches == 0)
    }

    @Test("as long as entries are known, the consumer does not look at the producer's index")
    func knownEntries() throws {
        let ring = try GuardedRing(capacity: 64)
        var producer = try ring.producer()
        #expect(submitAll(0..<64, to: &producer) == 64)
        let memory = Counted(try ring.ringMemory())
        var consumer = ConsumerRing(memory: memory)
        _ = consumer.peek(upTo: 1)
        _ = memory.takeTraffic()
        for _ in 0..<63 { #expect(consumer.peek(upTo: 1).count == 1) }
        #expect(memory.takeTraffic().wordTouches == 0)
    }

    @Test("cancel touches no shared memory")
    func cancel() throws {
        let memory = Counted(try GuardedRing(capacity: 8).ringMemory())
        var producer = ProducerRing(memory: memory)
        _ = producer.reserve(8)
        _ = memory.takeTraffic()
        producer.cancel(8)
        #expect(memory.takeTraffic() == RingTraffic())
    }

    @Test("asking whether the peer sleeps costs one fence and one load, and reads no index")
    func wakeupQuestion() throws {
        let memory = Counted(try GuardedRing(capacity: 8).ringMemory())
        let producer = ProducerRing(memory: memory)
        let consumer = ConsumerRing(memory: memory)
        _ = memory.takeTraffic()
        #expect(producer.needsWakeup() == false)
        var traffic = memory.takeTraffic()
        #expect(traffic.fences == 1)
        #expect(traffic.loads == [.consumerFlags: 1])
        #expect(consumer.needsWakeup() == false)
        traffic = memory.takeTraffic()
        #expect(traffic.fences == 1)
        #expect(traffic.loads == [.producerFlags: 1])
        #expect(traffic.stores.isEmpty)
    }

    @Test("going to sleep raises the flag, fences, and only then looks again")
    func sleepQuestion() throws {
        let memory = Counted(try GuardedRing(capacity: 8).ringMemory())
        var consumer = ConsumerRing(memory: memory)
        _ = memory.takeTraffic()
        #expect(consumer.prepareToSleep() == true)
        let traffic = memory.takeTraffic()
        #expect(traffic.stores == [.consumerFlags: 1])
        #expect(traffic.fences == 1)
        #expect(traffic.loads == [.producer: 1])
    }

    @Test("a producer whose index is scribbled over in shared memory goes on from its own")
    func producerIndexScribbled() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(submitAll([1, 2], to: &producer) == 2)
        #expect(takeAll(from: &consumer) == [1, 2])
        for lie in [0, 1, 0x8000_0000, .max] as [UInt32] {
            ring.word(.producer).storeRelease(lie)
            let before = producer.knownFree
            #expect(submitAll([UInt64(lie)], to: &producer) == 1)
            #expect(producer.statistics.indexViolations == 0)
            #expect(takeAll(from: &consumer) == [UInt64(lie)], "free before: \(before)")
        }
        #expect(ring.word(.producer).loadAcquire() == 6)
    }

    @Test("a consumer whose index is scribbled over in shared memory goes on from its own")
    func consumerIndexScribbled() throws {
        let ring = try GuardedRing(capacity: 8)
        var producer = try ring.producer()
        var consumer = try ring.consumer()
        #expect(submitAll(0..<8, to: &producer) == 8)
        for (position, lie) in ([0, 1, 0x8000_0000, .max] as [UInt32]).enumerated() {
            ring.word(.consumer).storeRelease(lie)
            #expect(takeAll(from: &consumer, upTo: 1) == [UInt64(position)])
            #expect(ring.word(.consumer).loadAcquire() == UInt32(position + 1))
        }
        #expect(consumer.statistics.indexViolations == 0)
    }
}
