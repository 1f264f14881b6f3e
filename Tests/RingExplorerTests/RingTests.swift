import RingExplorer
import Testing
import TokenRing

/// The shipped rings over all executions of small programs, and rings that lack a barrier.
@Suite("Rings over all executions")
struct RingTests {
    /// The larger ones need an optimised build: `make proof`.
    @Test("no execution of the shipped rings goes wrong", arguments: RingPrograms.quick.map(\.name))
    func shipped(name: String) throws {
        let program = try #require(RingPrograms.quick.first { $0.name == name })
        let result = Explorer.explore(program)
        #expect(result.failure == nil, "\(result.failure.map(\.description) ?? "")")
        #expect(result.executions > 10, "it explored next to nothing")
    }

    @Test("a ring without a barrier is found wrong", arguments: Barrier.allCases, RingPublication.allCases)
    func without(barrier: Barrier, publication: RingPublication) throws {
        let failure = try #require(Explorer.explore(RingPrograms.without(barrier, publication)).failure)
        switch barrier {
        case .wakeFence, .sleepFence: #expect(failure.message.hasPrefix("lost wakeup"), "\(failure)")
        default: #expect(failure.message.hasPrefix("data race"), "\(failure)")
        }
        #expect(!failure.trace.isEmpty)
    }
}
