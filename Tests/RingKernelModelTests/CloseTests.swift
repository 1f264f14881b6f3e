import Glibc
import RingTestSupport
import Synchronization
import Testing
import TokenRing

@testable import RingKernelModel

/// Closing sockets and ring sets: once, whoever does it, and nothing comes through afterwards.
@Suite("Closing", .serialized)
struct CloseTests {
    @Test("closing a second time changes nothing: other users keep the binding alive", arguments: [true, false])
    func twice(closesRingSet: Bool) throws {
        let model = try SteppedKernel(closesRingSet ? "mapped-ring" : "sockopt-uref-fixed")
        model.arrive(4)
        if !closesRingSet { #expect(model.receive().frags.count == 4) }
        for _ in 0..<2 {
            if closesRingSet { model.kernel.closeRings() } else { model.kernel.close(0) }
        }
        #expect(!model.kernel.binding.isDying, "it is bound to a queue")
        #expect(model.pool.freeBuffers == 1020, "nobody took the tokens back")
        model.tearDown()
        #expect(model.kernel.binding.isFreed)
    }

    @Test("what is in the return ring comes back when its ring set closes, the rest with the last user")
    func takesReturns() throws {
        let model = try SteppedKernel("mapped-ring")
        let ends = try RingEnds(try #require(model.kernel.ringSet))
        model.arrive(8)
        ends.put(Array(ends.take().map(\.frag_token).prefix(5)))
        #expect(model.kernel.close(ends.ringSet) == 0, "none by the clean-up")
        #expect(model.pool.freeBuffers == 1021)
        #expect(ends.ringSet.counters.returned == 5)
    }

    @Test("a ring set that is closed delivers no more, and cannot be attached")
    func deliversNoMore() throws {
        let model = try SteppedKernel("mapped-ring")
        let ringSet = try #require(model.kernel.ringSet)
        let socket = model.kernel.sockets[0]
        model.kernel.close(ringSet)
        model.arrive(4)
        // As recvmsg does behind the linear part, if it found the ring set before that was closed.
        #expect(ringSet.deliver(socket) == 0)
        #expect(model.kernel.attach(socket, to: ringSet) == -Int(EBADF))
        #expect(model.receive().frags.count == 4, "they are the socket's")
    }

    @Test("of threads that detach a socket and close its ring set at once, one leaves for each")
    func leavesOnce() throws {
        for _ in 0..<20 {
            let model = try SteppedKernel("mapped-ring") {
                $0.flows = 1
                $0.niovs = 1
            }
            let kernel = model.kernel
            let ringSet = try #require(kernel.ringSet)
            let line = StartingLine(2)
            let threads = (0..<2).map { _ in
                TestThread {
                    line.wait()
                    _ = kernel.detach(kernel.sockets[0], from: ringSet)
                    kernel.close(ringSet)
                }
            }
            for thread in threads { thread.join() }
            try #require(!kernel.binding.isDying, "it is bound to a queue")
            model.tearDown()
            try #require(kernel.binding.isFreed)
        }
    }
}

/// Lets threads go on when all of them are there.
private final class StartingLine: Sendable {
    private let missing: Atomic<Int>
    init(_ count: Int) { missing = Atomic(count) }
    func wait() {
        missing.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        while missing.load(ordering: .acquiring) > 0 {}
    }
}
