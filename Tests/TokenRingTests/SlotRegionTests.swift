import CTokenRing
import RingTestSupport
import SystemPackage
import Testing
import TokenRing

/// Regions whose rings publish in the slot, `TOKEN_RING_FEATURE_PHASE`.
@Suite("Region, slot publication")
struct SlotRegionTests {
    private func region(startIndex: UInt32 = 0) throws -> RingRegion {
        try RingRegion.create([
            RingSpecification(.delivery, capacity: 4, startIndex: startIndex, publication: .slot),
            RingSpecification(.returning, capacity: 4, startIndex: startIndex, publication: .slot),
        ])
    }

    private func attachCopy(of region: RingRegion) throws -> RingRegion {
        try RingRegion.attach(OwnedDescriptor(try region.descriptor.duplicate()))
    }

    @Test("the constants are those of token_ring.h")
    func constants() throws {
        let region = try region()
        let header = withExtendedLifetime(region) { region.mapping.base.load(as: token_ring_region.self) }
        #expect(header.features == 1 << 0 | 1 << 1)
        #expect(MemoryLayout<TokenRange>.offset(of: \.token_count) == TokenRange.phaseWordOffset)
        #expect(MemoryLayout<FragDescriptor>.offset(of: \.flags) == FragDescriptor.phaseWordOffset)
        #expect(TOKEN_RING_PHASE == 1 << 31)
    }

    @Test(
        "what is created can be attached, and entries arrive whole over the wrap and with the phase bit cleared",
        arguments: [0, 3, 0 &- 5] as [UInt32])
    func roundTrip(startIndex: UInt32) throws {
        let created = try region(startIndex: startIndex)
        let attached = try attachCopy(of: created)
        #expect(attached.publication == .slot)
        var delivery = try created.takeSlotProducer(of: 0, entry: FragDescriptor.self)
        var received = try attached.takeSlotConsumer(of: 0, entry: FragDescriptor.self)
        var returning = try attached.takeSlotProducer(of: 1, entry: TokenRange.self)
        var returned = try created.takeSlotConsumer(of: 1, entry: TokenRange.self)
        #expect(received.peek(upTo: 4).isEmpty == true)
        #expect(returned.peek(upTo: 4).isEmpty == true)
        for sequence in 0..<30 as Range<UInt32> {
            let fragments = (0..<3).map { FragDescriptor(sequence: UInt64(3 * sequence + $0)) }
            #expect(submitAll(fragments, to: &delivery) == 3)
            let arrived = takeAll(from: &received)
            #expect(arrived.count == 3)
            #expect(arrived.enumerated().allSatisfy { $1.carries(sequence: UInt64(3 * sequence) + UInt64($0)) })
            #expect(submitAll([TokenRange(sequence: sequence)], to: &returning) == 1)
            #expect(takeAll(from: &returned).map { $0.carries(sequence: sequence) } == [true])
        }
        #expect(received.statistics.indexViolations == 0)
        #expect(created.inspect().allSatisfy { $0.isConsistent && $0.used == 0 })
    }

    @Test("an entry that uses the phase bit itself arrives with the bit cleared and all else as it was")
    func phaseBitIsMasked() throws {
        let region = try region()
        var delivery = try region.takeSlotProducer(of: 0, entry: FragDescriptor.self)
        var received = try region.takeSlotConsumer(of: 0, entry: FragDescriptor.self)
        var returning = try region.takeSlotProducer(of: 1, entry: TokenRange.self)
        var returned = try region.takeSlotConsumer(of: 1, entry: TokenRange.self)
        for sequence in 0..<9 as Range<UInt32> {
            var fragment = FragDescriptor(sequence: UInt64(sequence))
            fragment.flags |= 1 << 31
            #expect(submitAll([fragment], to: &delivery) == 1)
            #expect(takeAll(from: &received).map { $0.carries(sequence: UInt64(sequence)) } == [true])
            var range = TokenRange(sequence: sequence)
            range.token_count |= 1 << 31
            #expect(submitAll([range], to: &returning) == 1)
            #expect(takeAll(from: &returned).map { $0.carries(sequence: sequence) } == [true])
        }
    }

    @Test("asking for the other publication is refused by the name of the field, and takes no role")
    func mismatch() throws {
        let slots = try region()
        let indices = try RingRegion.create([RingSpecification(.delivery, capacity: 4)])
        #expect(indices.publication == .index)
        let errors = [
            #expect(throws: RegionError.self) { _ = try slots.takeProducer(of: 0, entry: FragDescriptor.self) },
            #expect(throws: RegionError.self) { _ = try slots.takeConsumer(of: 0, entry: FragDescriptor.self) },
            #expect(throws: RegionError.self) { _ = try indices.takeSlotProducer(of: 0, entry: FragDescriptor.self) },
            #expect(throws: RegionError.self) { _ = try indices.takeSlotConsumer(of: 0, entry: FragDescriptor.self) },
        ]
        for error in errors {
            guard case .header("features", _, let reason) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(reason.contains("publish"))
        }
        _ = try slots.takeSlotProducer(of: 0, entry: FragDescriptor.self)
        _ = try indices.takeConsumer(of: 0, entry: FragDescriptor.self)
        #expect(throws: RegionError.roleTaken(ring: 0, .producer)) {
            _ = try slots.takeSlotProducer(of: 0, entry: FragDescriptor.self)
        }
    }

    @Test("a region cannot have rings of both kinds of publication")
    func mixed() {
        let error = #expect(throws: RegionError.self) {
            _ = try RingRegion.create([
                RingSpecification(.delivery, capacity: 4),
                RingSpecification(.returning, capacity: 4, publication: .slot),
            ])
        }
        guard case .header("features", _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("entries that come between the last look and the sleep prevent the sleep")
    func looksOnceMore() throws {
        let region = try region()
        var producer = try region.takeSlotProducer(of: 1, entry: TokenRange.self)
        var consumer = try region.takeSlotConsumer(of: 1, entry: TokenRange.self)
        #expect(consumer.prepareToSleep() == true)
        #expect(producer.needsWakeup() == true)
        #expect(submitAll([TokenRange(sequence: 0)], to: &producer) == 1)
        #expect(consumer.prepareToSleep() == false)
        #expect(producer.needsWakeup() == false, "the flag is taken back")
    }

    @Test("a wait for an entry that does not come times out, whatever the producer's record says", arguments: [0, 7])
    func timesOut(record: UInt32) throws {
        let region = try region()
        region.word(.producer, of: 1).storeRelease(record)
        var consumer = try region.takeSlotConsumer(of: 1, entry: TokenRange.self)
        let doorbells = RingDoorbells(entries: .futex, room: .futex)
        let before = ctr_thread_cpu_ns()
        #expect(consumer.wait(doorbells, polls: 1, timeout: .milliseconds(200)) == .timedOut)
        #expect(ctr_thread_cpu_ns() - before < 100_000_000, "it slept")
    }

    @Test("a consumer sleeps until an entry comes, although the record is not where it is", arguments: [0, 7])
    func sleeps(record: UInt32) throws {
        let region = try region()
        let doorbells = RingDoorbells(entries: .futex, room: .futex)
        var producer = try region.takeSlotProducer(of: 1, entry: TokenRange.self)
        region.word(.producer, of: 1).storeRelease(record)
        let thread = TestThread {
            guard var consumer = try? region.takeSlotConsumer(of: 1, entry: TokenRange.self) else { return }
            #expect(consumer.wait(doorbells, polls: 1, timeout: WaitingTests.long) == .ready)
            #expect(takeAll(from: &consumer).map { $0.carries(sequence: 1) } == [true])
        }
        while region.word(.consumerFlags, of: 1).loadAcquire() == 0, !thread.ends(within: .milliseconds(1)) {}
        #expect(submitAll([TokenRange(sequence: 1)], to: &producer) == 1)
        producer.wakeConsumer(doorbells)
        #expect(thread.ends(within: WaitingTests.late), "nobody woke it")
        thread.join()
        #expect(region.word(.consumerFlags, of: 1).loadAcquire() == 0, "the flag is taken back")
    }
}
