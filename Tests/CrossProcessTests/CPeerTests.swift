import RingTestSupport
import Testing
import TokenRing

/// A peer that knows nothing but token_ring.h, in C11, against the Swift side: fragments there, tokens back.
@Suite("C11 peer", .serialized)
struct CPeerTests {
    /// A wait that is over without a wakeup looks like success to the waiter, only late: the whole has a deadline too.
    private static let deadline = Duration.seconds(30)

    /// Delivers fragments `0 ..< count` on ring 0.
    private static func deliver(_ setting: SharedSetting, _ count: UInt64) throws {
        var producer = try setting.region.takeProducer(of: 0, entry: FragDescriptor.self)
        let doorbells = setting.doorbells(of: 0)
        let end = ContinuousClock.now + deadline
        var sent: UInt64 = 0
        while sent < count, ContinuousClock.now < end {
            guard producer.waitForRoom(doorbells, polls: 8, timeout: .seconds(10)) == .ready else { return }
            let batch = producer.reserve(upTo: UInt32(min(48, count - sent)))
            for offset in 0..<batch.count {
                producer.write(FragDescriptor(sequence: sent + UInt64(offset)), at: batch[offset])
            }
            producer.submit(batch.count)
            producer.wakeConsumer(doorbells)
            sent += UInt64(batch.count)
        }
    }

    /// Takes ranges from ring 1 until `count` tokens are back; how many came back in the right order.
    private func collect(_ setting: SharedSetting, _ count: UInt64) throws -> (tokens: UInt64, ranges: Int) {
        var consumer = try setting.region.takeConsumer(of: 1, entry: TokenRange.self)
        let doorbells = setting.doorbells(of: 1)
        var tokens: UInt64 = 0
        var ranges = 0
        let end = ContinuousClock.now + Self.deadline
        while tokens < count, ContinuousClock.now < end,
            consumer.wait(doorbells, polls: 8, timeout: .seconds(10)) == .ready
        {
            for range in takeAll(from: &consumer, upTo: 16) {
                guard (1...8).contains(range.token_count) else { return (tokens, ranges) }
                for token in range.token_start..<range.token_start + range.token_count {
                    guard token == FragDescriptor.token(tokens) else { return (tokens, ranges) }
                    tokens += 1
                }
                ranges += 1
            }
            consumer.wakeProducer(doorbells)
        }
        #expect(consumer.peek(upTo: 1).isEmpty == true, "more tokens came back than were issued")
        #expect(consumer.statistics.indexViolations == 0)
        return (tokens, ranges)
    }

    @Test(
        "every fragment arrives in C and every token comes back once, in order",
        arguments: [(256, 64), (1, 1), (64, 4), (2, 64)] as [(UInt32, UInt32)])
    func bothDirections(deliverySize: UInt32, returnSize: UInt32) throws {
        let count: UInt64 = deliverySize > 16 ? 300_000 : 20_000
        let setting = try SharedSetting(
            [
                RingSpecification(.delivery, capacity: deliverySize, startIndex: 0 &- 1000),
                RingSpecification(.returning, capacity: returnSize, startIndex: 0 &- 500),
            ], withEventfds: true)
        let peer = try setting.start("CRingTestPeer", ["\(count)"])
        let deliverer = TestThread {
            #expect(throws: Never.self) { try Self.deliver(setting, count) }
        }
        let returned = try collect(setting, count)
        deliverer.join()
        #expect(returned.tokens == count, "\(setting.region.dump(0)); \(setting.region.dump(1))")
        #expect(returned.ranges >= Int(count / 8))
        #expect(peer.wait(deadline: .seconds(10)) == .exited(0))
        let delivered = UInt32(truncatingIfNeeded: count) &- 1000
        #expect(setting.region.word(.producer, of: 0).loadAcquire() == delivered)
        #expect(setting.region.word(.consumer, of: 0).loadAcquire() == delivered)
        #expect(setting.region.word(.producer, of: 1).loadAcquire() == UInt32(returned.ranges) &- 500)
    }

    @Test("the C peer notices a fragment that is not what was sent")
    func wrongFragment() throws {
        let setting = try SharedSetting(
            [RingSpecification(.delivery, capacity: 8), RingSpecification(.returning, capacity: 8)], withEventfds: true)
        let peer = try setting.start("CRingTestPeer", ["2"])
        var producer = try setting.region.takeProducer(of: 0, entry: FragDescriptor.self)
        #expect(submitAll([FragDescriptor(sequence: 0), FragDescriptor(sequence: 2)], to: &producer) == 2)
        producer.wakeConsumer(setting.doorbells(of: 0))
        #expect(peer.wait(deadline: .seconds(10)) == .exited(1))
    }
}
