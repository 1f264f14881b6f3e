import Glibc
import RingTestSupport
import SystemPackage
import Testing
import TokenRing

/// Sleeping and waking, with each doorbell. The lost-wakeup race itself is in CrossProcessTests.
@Suite("Waiting")
struct WaitingTests {
    /// A ring of four token ranges, its doorbells, and what keeps their descriptors open.
    struct Setting {
        let region: RingRegion
        let doorbells: RingDoorbells
        private let kept: [OwnedDescriptor]

        init(_ way: Way) throws {
            region = try RingRegion.create([RingSpecification(.returning, capacity: 4)])
            switch way {
            case .spin:
                doorbells = RingDoorbells(entries: .spin, room: .spin)
                kept = []
            case .futex:
                doorbells = RingDoorbells(entries: .futex, room: .futex)
                kept = []
            case .eventfd:
                let (entries, first) = try Doorbell.makeEventfd()
                let (room, second) = try Doorbell.makeEventfd()
                doorbells = RingDoorbells(entries: entries, room: room)
                kept = [first, second]
            }
        }

        func producer() throws -> ProducerRing<MappedRingMemory<TokenRange>> { try region.takeProducer(of: 0) }
        func consumer() throws -> ConsumerRing<MappedRingMemory<TokenRange>> { try region.takeConsumer(of: 0) }

        /// Waits until the other thread has announced that it sleeps; false after ten seconds.
        func flagRises(_ word: RingWord) -> Bool {
            for _ in 0..<10_000 {
                if region.word(word).loadAcquire() != 0 { return true }
                usleep(1000)
            }
            return false
        }
    }

    /// The ways to sleep.
    enum Way: String, CaseIterable { case spin, futex, eventfd }

    /// A sleeper that was not woken is late, and the test sees it; at last it times out, so that nothing hangs.
    static let long = Duration.seconds(20)
    static let late = Duration.seconds(10)

    @Test("a consumer sleeps until an entry comes", arguments: Way.allCases)
    func consumerWaitsForEntry(way: Way) throws {
        let setting = try Setting(way)
        let thread = TestThread {
            guard var consumer = try? setting.consumer() else { return }
            let outcome = consumer.wait(setting.doorbells, polls: 1, timeout: Self.long)
            #expect(outcome == .ready)
            #expect(takeAll(from: &consumer).first?.carries(sequence: 1) == true)
        }
        if way != .spin { #expect(setting.flagRises(.consumerFlags)) }
        var producer = try setting.producer()
        #expect(submitAll([TokenRange(sequence: 1)], to: &producer) == 1)
        producer.wakeConsumer(setting.doorbells)
        #expect(thread.ends(within: Self.late), "nobody woke it")
        thread.join()
        #expect(setting.region.word(.consumer).loadAcquire() == 1)
        #expect(setting.region.word(.consumerFlags).loadAcquire() == 0, "the flag is taken back")
    }

    @Test("a producer sleeps until there is room", arguments: Way.allCases)
    func producerWaitsForRoom(way: Way) throws {
        let setting = try Setting(way)
        let thread = TestThread {
            guard var producer = try? setting.producer() else { return }
            #expect(submitAll((0..<4).map { TokenRange(sequence: $0) }, to: &producer) == 4)
            let outcome = producer.waitForRoom(setting.doorbells, polls: 1, timeout: Self.long)
            #expect(outcome == .ready)
            #expect(submitAll([TokenRange(sequence: 4)], to: &producer) == 1)
        }
        if way != .spin { #expect(setting.flagRises(.producerFlags)) }
        var consumer = try setting.consumer()
        var received = 0
        for _ in 0..<10_000 where received == 0 {
            received = takeAll(from: &consumer, upTo: 1).count
            if received == 0 { usleep(1000) }
        }
        consumer.wakeProducer(setting.doorbells)
        #expect(thread.ends(within: Self.late), "nobody woke it")
        thread.join()
        #expect(setting.region.word(.producer).loadAcquire() == 5)
        #expect(setting.region.word(.producerFlags).loadAcquire() == 0, "the flag is taken back")
    }

    @Test("a wait for an entry that does not come times out", arguments: Way.allCases)
    func consumerTimesOut(way: Way) throws {
        let setting = try Setting(way)
        var consumer = try setting.consumer()
        for timeout in [.zero, .milliseconds(5), .seconds(-1)] as [Duration] {
            #expect(consumer.wait(setting.doorbells, polls: 1, timeout: timeout) == .timedOut)
        }
        #expect(setting.region.word(.consumerFlags).loadAcquire() == 0, "the flag is taken back")
    }

    @Test("a wait for room that does not come times out", arguments: Way.allCases)
    func producerTimesOut(way: Way) throws {
        let setting = try Setting(way)
        var producer = try setting.producer()
        #expect(producer.reserve(4).count == 4)
        for timeout in [.zero, .milliseconds(5), .seconds(-1)] as [Duration] {
            #expect(producer.waitForRoom(setting.doorbells, polls: 1, timeout: timeout) == .timedOut)
        }
        #expect(setting.region.word(.producerFlags).loadAcquire() == 0, "the flag is taken back")
    }

    @Test("a wait for what is already there does not sleep", arguments: Way.allCases)
    func readyAtOnce(way: Way) throws {
        let setting = try Setting(way)
        var producer = try setting.producer()
        var consumer = try setting.consumer()
        #expect(producer.waitForRoom(setting.doorbells, timeout: .zero) == .ready)
        #expect(submitAll([TokenRange(sequence: 0)], to: &producer) == 1)
        #expect(consumer.wait(setting.doorbells, timeout: .zero) == .ready)
        #expect(consumer.wait(setting.doorbells) == .ready)
    }

    @Test("a producer that finds the ring full wakes a sleeping consumer", arguments: [Way.futex, .eventfd])
    func fullRingWakesConsumer(way: Way) throws {
        let setting = try Setting(way)
        let thread = TestThread {
            guard var consumer = try? setting.consumer() else { return }
            #expect(consumer.wait(setting.doorbells, polls: 1, timeout: Self.long) == .ready)
            #expect(takeAll(from: &consumer).count == 4)
            consumer.wakeProducer(setting.doorbells)
        }
        #expect(setting.flagRises(.consumerFlags))
        var producer = try setting.producer()
        // It fills the ring and tells nobody; only the wait for room says so.
        #expect(submitAll((0..<4).map { TokenRange(sequence: $0) }, to: &producer) == 4)
        #expect(producer.waitForRoom(setting.doorbells, polls: 1, timeout: Self.late) == .ready)
        #expect(thread.ends(within: Self.late), "nobody woke it")
        thread.join()
    }

    @Test("entries that come between the last look and the sleep prevent the sleep")
    func looksOnceMore() throws {
        let setting = try Setting(.futex)
        var producer = try setting.producer()
        var consumer = try setting.consumer()
        #expect(consumer.peek(upTo: 1).isEmpty == true)
        #expect(submitAll([TokenRange(sequence: 0)], to: &producer) == 1)
        #expect(consumer.prepareToSleep() == false)
        #expect(producer.needsWakeup() == false, "the flag is taken back")

        #expect(submitAll((1..<4).map { TokenRange(sequence: $0) }, to: &producer) == 3)
        #expect(producer.reserve(1).isEmpty == true)
        #expect(takeAll(from: &consumer).count == 4 - 3, "what was known")
        #expect(producer.prepareToSleep() == false)
        #expect(consumer.needsWakeup() == false, "the flag is taken back")
    }

    @Test("an eventfd that rang for nothing is one more look, not an entry")
    func spuriousRing() throws {
        let setting = try Setting(.eventfd)
        var consumer = try setting.consumer()
        guard case .eventfd(let descriptor) = setting.doorbells.entries else { return }
        var one: UInt64 = 1
        #expect(try withUnsafeBytes(of: &one) { try descriptor.write($0) } == 8)
        #expect(consumer.wait(setting.doorbells, polls: 1, timeout: .milliseconds(20)) == .timedOut)
        var count: UInt64 = 0
        #expect(throws: Errno.resourceTemporarilyUnavailable) {
            try withUnsafeMutableBytes(of: &count) { try descriptor.read(into: $0) }
        }
    }

    @Test("an index that cannot be ends the wait, whatever the doorbell", arguments: Way.allCases)
    func peerLies(way: Way) throws {
        let setting = try Setting(way)
        var consumer = try setting.consumer()
        setting.region.word(.producer).storeRelease(4)
        #expect(consumer.peek(upTo: 4).count == 4)
        // All that a ring can hold is in its hands.
        setting.region.word(.producer).storeRelease(5)
        #expect(consumer.wait(setting.doorbells, polls: 1, timeout: Self.late) == .peerIsLying)
        setting.region.word(.producer).storeRelease(0)
        var producer = try setting.producer()
        #expect(producer.reserve(4).count == 4)
        setting.region.word(.consumer).storeRelease(5)
        #expect(producer.waitForRoom(setting.doorbells, polls: 1, timeout: Self.late) == .peerIsLying)
    }

    @Test("the end of the peer's process ends the wait, whatever the doorbell", arguments: Way.allCases)
    func peerEnds(way: Way) throws {
        let setting = try Setting(way)
        let peer = try PeerProcess("true", [])
        let life = try PeerLife(of: peer.identifier)
        var consumer = try setting.consumer()
        #expect(consumer.wait(setting.doorbells, polls: 1, timeout: Self.late, watching: life) == .peerHasEnded)
        var producer = try setting.producer()
        #expect(producer.reserve(4).count == 4)
        #expect(producer.waitForRoom(setting.doorbells, polls: 1, timeout: Self.late, watching: life) == .peerHasEnded)
    }

    @Test("a signal ends the wait of one that sleeps", arguments: [Way.futex, .eventfd])
    func signalled(way: Way) throws {
        let setting = try Setting(way)
        let thread = TestThread {
            TestThread.allowInterruption()
            guard var consumer = try? setting.consumer() else { return }
            #expect(consumer.wait(setting.doorbells, polls: 1, timeout: Self.long) == .interrupted)
        }
        #expect(setting.flagRises(.consumerFlags))
        // It may have raised its flag and not sleep yet.
        for _ in 0..<1000 where !thread.ends(within: .milliseconds(10)) { thread.interrupt() }
        #expect(thread.ends(within: .zero), "no signal ended it")
        thread.join()
    }

    @Test("a ring without flags words is waited for by polling, whatever the doorbell")
    func withoutFlags() throws {
        let layout = RingLayout(zcrxHead: 0, tail: 64, rqes: 256, entries: 2)
        let memory = try GuardedMemory(byteCount: 256 + 2 * 16)
        let ring = try MappedRingMemory(memory.mapping, layout: layout, of: RefillEntry.self)
        var producer = ProducerRing(memory: ring)
        var consumer = ConsumerRing(memory: ring)
        let doorbells = RingDoorbells(entries: .futex, room: .futex)
        #expect(consumer.wait(doorbells, polls: 1, timeout: .milliseconds(5)) == .timedOut)
        #expect(submitAll([RefillEntry(offset: 0), RefillEntry(offset: 4096)], to: &producer) == 2)
        #expect(consumer.wait(doorbells, polls: 1, timeout: .zero) == .ready)
        #expect(producer.waitForRoom(doorbells, polls: 1, timeout: .milliseconds(5)) == .timedOut)

        // Who polls looks after its peer as well.
        let peer = try PeerProcess("true", [])
        let life = try PeerLife(of: peer.identifier)
        #expect(producer.waitForRoom(doorbells, polls: 1, timeout: Self.late, watching: life) == .peerHasEnded)
        #expect(takeAll(from: &consumer).count == 2)
        #expect(consumer.wait(doorbells, polls: 1, timeout: Self.late, watching: life) == .peerHasEnded)
    }
}
