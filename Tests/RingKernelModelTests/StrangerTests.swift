import Glibc
import RingTestSupport
import Synchronization
import Testing

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
            id: 7, direction: .receive, niovCount: 1, niovBytes: 4096, cleanUp: .never,
            bookkeeping: BookkeepingMechanism.uref.make(.init(faults: FaultPlan(), oopses: OopsLog())))
        let stop = Stop()
        let stranger = TestThread {
            let owner = TokenOwner()
            while !stop.isSet.load(ordering: .acquiring) {
                _ = binding.niovs[0].putUserReference(of: owner, inSoftirq: false)
            }
        }
        let owner = TokenOwner()
        for _ in 0..<300_000 {
            guard let niov = binding.pool.allocate() else { continue }
            niov.takeUserReference()
            niov.drop(inSoftirq: false)  // the skb is eaten
            _ = niov.putUserReference(of: owner, inSoftirq: false)
            while !binding.pool.hasBuffer(0) { sched_yield() }
        }
        stop.isSet.store(true, ordering: .releasing)
        stranger.join()
        #expect(binding.pool.audit.isWhole, "\(binding.pool.audit)")
    }
}
