import Glibc
import RingTestSupport
import Synchronization
import Testing
import TokenRing

@testable import RingKernelModel

/// Somebody returns tokens that it was never given, while the kernel makes them: design/models/cleanup.pml, on the code.
@Suite("Strangers")
struct StrangerTests {
    private final class Stop: Sendable {
        let isSet = Atomic(false)
    }

    @Test("a return between the counter and the pool reference frees nothing that is not held")
    func returnsWhileTokensAreMade() throws {
        let binding = try Binding(
            id: 7, direction: .receive, payload: SealedMemory("dmabuf", byteCount: 4096), niovCount: 1,
            niovBytes: 4096, cleanUp: .never,
            bookkeeping: BookkeepingMechanism.uref.make(.init(faults: FaultPlan(), oopses: OopsLog())))
        let stop = Stop()
        let stranger = TestThread {
            let owner = TokenOwner()
            while !stop.isSet.load(ordering: .acquiring) {
                _ = binding.niovs[0].putUserReference(of: owner, inSoftirq: false)
            }
        }
        let owner = TokenOwner()
        // Whoever drops the last reference may be off its core; a buffer that got lost never comes.
        var isLost = false
        for _ in 0..<300_000 where !isLost {
            guard let niov = binding.pool.allocate() else { continue }
            niov.takeUserReference()
            niov.drop(inSoftirq: false)  // the skb is eaten
            _ = niov.putUserReference(of: owner, inSoftirq: false)
            var looks = 0
            while !binding.pool.hasBuffer(0), looks < 1_000_000 {
                sched_yield()
                looks += 1
            }
            isLost = looks == 1_000_000
        }
        stop.isSet.store(true, ordering: .releasing)
        stranger.join()
        #expect(!isLost, "the buffer never came back")
        #expect(binding.pool.audit.isWhole, "\(binding.pool.audit)")
    }
}
