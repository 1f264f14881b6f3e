import CTokenRing
import Glibc
import RingKernelModel
import RingTestSupport
import Testing
import TokenRing

/// A consumer whose index of the delivery ring cannot be (R4, R5), where the kernel still knows of room.
@Suite("Lying consumer")
struct LyingConsumerTests {
    @Test("softirq comes back, whatever a consumer's index says, and goes on when it is right again")
    func comesBack() throws {
        let model = try SteppedKernel("mapped-ring") {
            $0.deliveryEntries = 8
            $0.flows = 1
        }
        let ringSet = try #require(model.kernel.ringSet)
        let consumer = ringSet.region.word(.consumer, of: RingSet.deliveryRing)
        let producer = ringSet.region.word(.producer, of: RingSet.deliveryRing)
        model.arrive(5)
        #expect(producer.loadAcquire() == 5)
        // Three slots are free, more are wanted, and the look for them finds a lie.
        consumer.storeRelease(1000)
        let thread = TestThread { model.arrive(16) }
        let comesBack = thread.ends(within: .seconds(10))
        // Right again; it also frees a thread that hangs.
        consumer.storeRelease(5)
        try #require(comesBack, "softirq hangs")
        #expect(ringSet.counters.index_violations > 0)
        #expect(ringSet.kick() == 8)
        #expect(producer.loadAcquire() == 13)
    }
}
