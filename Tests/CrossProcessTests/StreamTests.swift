import Glibc
import RingTestSupport
import Testing
import TokenRing

/// A stream of fragments from another process into this one.
@Suite("Stream between processes", .serialized)
struct StreamTests {
    /// Takes what is in the ring and checks it against the next numbers of the stream; nil at the first that is wrong.
    private func check<Memory: RingMemory>(
        _ consumer: inout ConsumerRing<Memory>, upTo batch: UInt32, from first: UInt64
    ) -> UInt64? where Memory.Entry == FragDescriptor {
        let entries = consumer.peek(upTo: batch)
        var next = first
        for offset in 0..<entries.count {
            guard consumer.read(at: entries[offset]).carries(sequence: next) else { return nil }
            next &+= 1
        }
        consumer.release(entries.count)
        return next
    }

    @Test("10 million entries arrive in order and whole, over the wrap of the indices")
    func tenMillion() throws {
        let count: UInt64 = 10_000_000
        // The indices wrap in the middle of the stream.
        let setting = try SharedSetting([
            RingSpecification(.delivery, capacity: 1024, startIndex: 0 &- UInt32(count / 2))
        ])
        let peer = try setting.start("RingTestPeer", ["stream", "64", "\(count)"])
        var consumer = try setting.region.takeConsumer(of: 0, entry: FragDescriptor.self)
        let doorbells = setting.doorbells(of: 0)
        // A wakeup that was lost looks like success once the wait is over, only late: the whole has a deadline too.
        let end = ContinuousClock.now + .seconds(60)
        var received: UInt64 = 0
        while received < count, ContinuousClock.now < end {
            guard consumer.wait(doorbells, timeout: .seconds(20)) == .ready else { break }
            guard let next = check(&consumer, upTo: 64, from: received) else { break }
            received = next
            consumer.wakeProducer(doorbells)
        }
        #expect(received == count, "stopped at entry \(received); \(setting.region.dump(0))")
        #expect(peer.wait(deadline: .seconds(10)) == .exited(0))
        #expect(consumer.peek(upTo: 1).isEmpty == true)
        #expect(consumer.statistics.indexViolations == 0)
        #expect(setting.region.word(.producer).loadAcquire() == UInt32(count / 2))
    }

    @Test("2 million entries that are published in their slots arrive in order and whole, over the wrap")
    func slotPublished() throws {
        let count: UInt64 = 2_000_000
        let setting = try SharedSetting([
            RingSpecification(.delivery, capacity: 1024, startIndex: 0 &- UInt32(count / 2), publication: .slot)
        ])
        let peer = try setting.start("RingTestPeer", ["stream", "64", "\(count)"])
        var consumer = try setting.region.takeSlotConsumer(of: 0, entry: FragDescriptor.self)
        let doorbells = setting.doorbells(of: 0)
        let end = ContinuousClock.now + .seconds(60)
        var received: UInt64 = 0
        while received < count, ContinuousClock.now < end {
            guard consumer.wait(doorbells, timeout: .seconds(20)) == .ready else { break }
            guard let next = check(&consumer, upTo: 64, from: received) else { break }
            received = next
            consumer.wakeProducer(doorbells)
        }
        #expect(received == count, "stopped at entry \(received); \(setting.region.dump(0))")
        #expect(peer.wait(deadline: .seconds(10)) == .exited(0))
        #expect(consumer.peek(upTo: 1).isEmpty == true)
        #expect(consumer.statistics.indexViolations == 0)
        #expect(setting.region.word(.producer).loadAcquire() == UInt32(count / 2), "the record")
    }

    @Test("after kill -9 of a producer that publishes in slots a successor goes on behind an exact prefix")
    func killedSlotProducer() throws {
        var random = SplitMix64(seed: 4)
        for _ in 0..<5 {
            let setting = try SharedSetting([RingSpecification(.delivery, capacity: 256, publication: .slot)])
            let peer = try setting.start("RingTestPeer", ["stream", "64"])
            var consumer = try setting.region.takeSlotConsumer(of: 0, entry: FragDescriptor.self)
            let doorbells = setting.doorbells(of: 0)
            let killAt = UInt64.random(in: 1000...50_000, using: &random)
            var received: UInt64 = 0
            while received < killAt {
                try #require(consumer.wait(doorbells, timeout: .seconds(20)) == .ready)
                received = try #require(check(&consumer, upTo: 32, from: received), "torn near \(received)")
                consumer.wakeProducer(doorbells)
            }
            #expect(peer.kill() == nil, "it was still at work")

            while consumer.wait(doorbells, timeout: .zero) == .ready {
                received = try #require(check(&consumer, upTo: 32, from: received), "torn near \(received)")
            }
            let recorded = setting.region.word(.producer).loadAcquire()
            #expect(UInt32(truncatingIfNeeded: received) &- recorded <= 64, "recorded behind a whole batch of phases")
            var successor = try setting.region.takeSlotProducer(of: 0, entry: FragDescriptor.self)
            #expect(submitAll([FragDescriptor(sequence: received)], to: &successor) == 1)
            #expect(check(&consumer, upTo: 32, from: received) == received + 1)
        }
    }

    @Test("after kill -9 of the producer the consumer has an exact prefix and nothing torn", arguments: [1, 7, 64])
    func killedProducer(batch: Int) throws {
        var random = SplitMix64(seed: UInt64(batch))
        for _ in 0..<5 {
            let setting = try SharedSetting([RingSpecification(.delivery, capacity: 256)])
            let peer = try setting.start("RingTestPeer", ["stream", "\(batch)"])
            var consumer = try setting.region.takeConsumer(of: 0, entry: FragDescriptor.self)
            let doorbells = setting.doorbells(of: 0)
            let killAt = UInt64.random(in: 1000...50_000, using: &random)
            var received: UInt64 = 0
            while received < killAt {
                try #require(consumer.wait(doorbells, timeout: .seconds(20)) == .ready)
                received = try #require(check(&consumer, upTo: 32, from: received), "torn near \(received)")
                consumer.wakeProducer(doorbells)
            }
            #expect(peer.kill() == nil, "it was still at work")
            #expect(peer.poll() == .killed(signal: SIGKILL))

            // What it had submitted is there to the last entry; what it had only written is not.
            let published = setting.region.word(.producer).loadAcquire()
            while consumer.wait(doorbells, timeout: .zero) == .ready {
                received = try #require(check(&consumer, upTo: 32, from: received), "torn near \(received)")
            }
            #expect(UInt32(truncatingIfNeeded: received) == published)
            #expect(consumer.statistics.indexViolations == 0)
        }
    }

    @Test("another process takes a dead producer's role and goes on behind its last entry")
    func producerIsReplaced() throws {
        let setting = try SharedSetting([RingSpecification(.returning, capacity: 8)])
        var consumer = try setting.region.takeConsumer(of: 0, entry: TokenRange.self)
        let doorbells = setting.doorbells(of: 0)
        for _ in 0..<3 {
            let peer = try setting.start("RingTestPeer", ["produce", "1000", "64"])
            for sequence in 0..<1000 as Range<UInt32> {
                try #require(consumer.wait(doorbells, timeout: .seconds(20)) == .ready)
                #expect(takeAll(from: &consumer, upTo: 1).first?.carries(sequence: sequence) == true)
                consumer.wakeProducer(doorbells)
            }
            #expect(peer.wait(deadline: .seconds(10)) == .exited(0))
        }
        #expect(setting.region.word(.producer).loadAcquire() == 3000)
    }

    @Test("a peer that finds no region on its socket says so and ends")
    func noRegion() throws {
        let (ours, theirs) = try DescriptorChannel.pair()
        let (_, other) = try DescriptorChannel.pair()
        let peer = try PeerProcess(product: "CRingTestPeer", ["1"], socket: theirs)
        try ours.send([other.descriptor])
        #expect(peer.wait(deadline: .seconds(10)) == .exited(1))
    }
}
