import RingKernelModel
import RingTestSupport
import TokenRing

/// The application's ends of one ring set, behind a lock that threads may share.
final class RingEnds: @unchecked Sendable {
    let ringSet: RingSet
    private let lock = TestLock()
    private var delivery: ConsumerRing<MappedRingMemory<FragDescriptor>>
    private var returns: ProducerRing<MappedRingMemory<TokenRange>>

    init(_ ringSet: RingSet) throws {
        self.ringSet = ringSet
        delivery = try ringSet.region.takeConsumer(of: RingSet.deliveryRing)
        returns = try ringSet.region.takeProducer(of: ringSet.returnRingNumber)
    }

    /// Takes what was delivered, and asks for more where the kernel wants to be asked.
    func take(upTo most: UInt32 = 64) -> [FragDescriptor] {
        lock.withLock {
            let batch = delivery.peek(upTo: most)
            defer { delivery.release(batch.count) }
            if delivery.needsWakeup() { _ = ringSet.kick() }
            return (0..<batch.count).map { delivery.read(at: batch[$0]) }
        }
    }

    /// Says that it is about to sleep; false if something has come. `wakeUp` takes it back.
    func prepareToSleep() -> Bool { lock.withLock { delivery.prepareToSleep() } }

    /// Sleeps no longer.
    func wakeUp() { lock.withLock { delivery.finishSleep() } }

    /// Returns tokens; flushes when the ring is full.
    func put(_ tokens: [UInt32], count: UInt32 = 1) {
        lock.withLock {
            for token in tokens {
                var slot = returns.reserve(1)
                while slot.isEmpty {
                    _ = ringSet.flush()
                    slot = returns.reserve(1)
                }
                returns.write(TokenRange(token_start: token, token_count: count), at: slot.first)
                returns.submit(1)
            }
        }
    }
}
