import RingKernelModel
import RingTestSupport
import Testing
import TokenRing

/// How far one pass over a return ring goes (R11), and what it leaves to the next.
@Suite("Passes over a return ring")
struct ReturnPassTests {
    /// Every buffer is with user space, so that the next fragment makes the page pool look at the return ring.
    private func exhausted(buffers: Int) throws -> (model: SteppedKernel, ends: RingEnds, tokens: [UInt32]) {
        let model = try SteppedKernel("mapped-ring") { $0.niovs = buffers }
        let ends = try RingEnds(try #require(model.kernel.ringSet))
        var tokens: [UInt32] = []
        for _ in 0..<buffers / 16 {
            model.arrive(16)
            tokens += ends.take().map(\.frag_token)
        }
        try #require(model.pool.freeBuffers == 0 && tokens.count == buffers)
        return (model, ends, tokens)
    }

    @Test("a pass in softirq ends when the page pool has what it wanted")
    func enough() throws {
        let (model, ends, tokens) = try exhausted(buffers: 256)
        ends.put(tokens)
        model.arrive(1)
        #expect(ends.ringSet.counters.returned == 64)
        #expect(ends.ringSet.flush() == 192)
    }

    @Test("a pass in softirq looks at 1024 entries at most, even of those that return nothing")
    func emptyEntries() throws {
        let (model, ends, _) = try exhausted(buffers: 64)
        ends.put([UInt32](repeating: 0, count: 2048), count: 0)
        model.arrive(1)
        #expect(ends.ringSet.region.word(.consumer, of: RingSet.returnRing).loadAcquire() == 1024)
    }

    @Test("entries that a pass had in hand and did not get to are still in the ring")
    func notReached() throws {
        let (model, ends, _) = try exhausted(buffers: 2048)
        ends.put([0, 1024], count: 1024)
        model.arrive(1)
        #expect(ends.ringSet.counters.returned == 64, "of the first; the second was in hand too")
        #expect(ends.ringSet.flush() == 1984)
    }
}
