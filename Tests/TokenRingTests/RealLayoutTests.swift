import RingTestSupport
import Testing
import TokenRing

/// The rings that exist differ in offsets, entry size and flags words and in nothing else: one implementation runs all.
@Suite("Real layouts")
struct RealLayoutTests {
    /// Sends 1000 values through any ring in batches that do not divide its size and checks them on the other side.
    private func expectOrder<Entry: BitwiseCopyable & Equatable>(
        _ memory: MappedRingMemory<Entry>, _ make: (UInt32) -> Entry
    ) {
        var producer = ProducerRing(memory: memory)
        var consumer = ConsumerRing(memory: memory)
        var sent: UInt32 = 0
        var received: UInt32 = 0
        for _ in 0..<1000 where received < 1000 {
            sent += UInt32(submitAll((sent..<min(1000, sent + 5)).map(make), to: &producer))
            for value in takeAll(from: &consumer, upTo: 3) {
                #expect(value == make(received))
                received += 1
            }
        }
        #expect(sent == 1000)
        #expect(received == 1000)
        #expect(consumer.peek(upTo: 1).isEmpty == true)
        #expect(producer.statistics.indexViolations == 0)
        #expect(consumer.statistics.indexViolations == 0)
    }

    @Test("a ring of our own region carries entries in order")
    func ownRegion() throws {
        let region = try RingRegion.create([RingSpecification(.returning, capacity: 16)])
        let memory = try MappedRingMemory(region.mapping, layout: region.rings[0].layout, of: UInt64.self)
        #expect(RingWord.allCases.allSatisfy(memory.has))
        expectOrder(memory, UInt64.init)
    }

    @Test("an AF_XDP fill ring, with the offsets that Linux 6.18 reports, carries addresses in order")
    func xdpFillRing() throws {
        // XDP_MMAP_OFFSETS: producer 0, consumer 128, flags 196, desc 320. The kernel consumes: the flags are its own.
        let layout = RingLayout(
            producer: 0, consumer: 128, consumerFlags: 196, entries: 320, entryStride: 8, capacity: 64)
        let memory = try GuardedMemory(byteCount: 320 + 64 * 8)
        let ring = try MappedRingMemory(memory.mapping, layout: layout, of: UMEMAddress.self)
        expectOrder(ring, UInt64.init)

        var consumer = ConsumerRing(memory: ring)
        let producer = ProducerRing(memory: ring)
        #expect(producer.needsWakeup() == false)
        #expect(consumer.prepareToSleep() == true)
        #expect(memory.mapping.word(.consumerFlags, of: layout).loadAcquire() == 1)
        #expect(producer.needsWakeup() == true)
        consumer.finishSleep()
        #expect(producer.needsWakeup() == false)
    }

    @Test("an AF_XDP RX ring carries whole descriptors of 16 bytes")
    func xdpReceiveRing() throws {
        let layout = RingLayout(
            producer: 0, consumer: 128, consumerFlags: 196, entries: 320, entryStride: 16, capacity: 32)
        let memory = try GuardedMemory(byteCount: 320 + 32 * 16)
        let ring = try MappedRingMemory(memory.mapping, layout: layout, of: XDPDescriptor.self)
        expectOrder(ring) { XDPDescriptor(address: UInt64($0) << 33, length: $0, options: ~$0) }
    }

    @Test("a zcrx refill ring without flags words carries entries, asks for no wakeup and cannot sleep")
    func zcrxRefillRing() throws {
        // io_uring_zcrx_offsets of one header page: head and tail 64 bytes apart, rqes behind.
        let layout = RingLayout(zcrxHead: 0, tail: 64, rqes: 256, entries: 128)
        #expect(layout.producer == 64 && layout.consumer == 0 && layout.entryStride == 16)
        let memory = try GuardedMemory(byteCount: 256 + 128 * 16)
        let ring = try MappedRingMemory(memory.mapping, layout: layout, of: RefillEntry.self)
        #expect(ring.has(.producerFlags) == false)
        #expect(ring.has(.consumerFlags) == false)
        expectOrder(ring) { RefillEntry(offset: UInt64($0) << 12, length: $0) }

        var consumer = ConsumerRing(memory: ring)
        var producer = ProducerRing(memory: ring)
        #expect(producer.needsWakeup() == false)
        #expect(consumer.needsWakeup() == false)
        #expect(consumer.prepareToSleep() == false, "nobody would wake it")
        #expect(producer.reserve(128).count == 128)
        #expect(producer.prepareToSleep() == false, "nobody would wake it")
    }

    @Test("an unknown flag bit in a word is no request to be woken")
    func otherFlagBits() throws {
        let ring = try GuardedRing(capacity: 4)
        let producer = try ring.producer()
        let consumer = try ring.consumer()
        ring.word(.consumerFlags).storeRelease(0xFFFF_FFFE)
        ring.word(.producerFlags).storeRelease(0xFFFF_FFFE)
        #expect(producer.needsWakeup() == false)
        #expect(consumer.needsWakeup() == false)
        ring.word(.consumerFlags).storeRelease(0xFFFF_FFFF)
        #expect(producer.needsWakeup() == true)
        #expect(consumer.needsWakeup() == false)
    }
}
