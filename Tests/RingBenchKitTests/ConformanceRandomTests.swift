import Testing

@testable import RingBenchKit
@testable import RingKernelModel

/// Random interleavings beside the shadow model, and that it notices a kernel that is wrong in each way.
@Suite("Conformance, random operations")
struct ConformanceRandomTests {
    @Test("kernel and shadow model agree", arguments: Composition.all.map(\.name))
    func agrees(_ name: String) throws {
        let subject = try Subject(try #require(Composition.named(name)))
        let verdict = RandomRun(subject: subject, seed: 20_261_121).run(operations: 5000)
        #expect(verdict.outcome == .pass, "\(verdict.detail)")
        #expect(verdict.operations == 5000 && verdict.tokens > 500)
        if verdict.leftOut.isEmpty { #expect(verdict.refusals > 50) }
    }

    @Test("the same seed does the same, another seed something else")
    func seeds() throws {
        let subject = try Subject(try #require(Composition.named("mapped-ring")))
        func tokens(_ seed: UInt64) -> [UInt64] {
            let verdict = RandomRun(subject: subject, seed: seed).run(operations: 3000)
            return [verdict.tokens, verdict.refusals]
        }
        #expect(tokens(7) == tokens(7))
        #expect(tokens(7) != tokens(8))
    }

    @Test("a broken kernel is noticed, with its seed and few operations", arguments: BrokenBookkeeping.Fault.allCases)
    func noticesBrokenKernel(_ fault: BrokenBookkeeping.Fault) throws {
        for name in ["sockopt-uref-fixed", "mapped-ring", "return-ring"] {
            var composition = try #require(Composition.named(name))
            composition.bookkeeping = BookkeepingMechanism(name: "uref per binding") { _ in
                BrokenBookkeeping(fault, on: 3)
            }
            let verdict = RandomRun(subject: try Subject(composition), seed: 3).run(operations: 20000)
            #expect(verdict.outcome == .fail, "\(fault) on \(name)")
            #expect(verdict.detail.contains("seed 3, operation"))
            let count = verdict.detail.split(separator: "The same in ").last?.split(separator: " ").first
            #expect(count.flatMap { Int($0) } ?? 1000 < 60, "\(verdict.detail)")
        }
    }

    @Test("the matrix notices a broken kernel too", arguments: BrokenBookkeeping.Fault.allCases)
    func matrixNoticesBrokenKernel(_ fault: BrokenBookkeeping.Fault) throws {
        var composition = try #require(Composition.named("mapped-ring"))
        composition.bookkeeping = BookkeepingMechanism(name: "uref per binding") { _ in
            BrokenBookkeeping(fault, on: nil)
        }
        var conformance = Conformance()
        conformance.compositions = [composition]
        conformance.operations = 0
        #expect(!(try conformance.run(progress: Progress(quiet: true)).failures.isEmpty))
    }

    @Test("a bookkeeping of which nothing is written down is refused by name")
    func unknownBookkeeping() throws {
        var composition = try #require(Composition.named("mapped-ring"))
        composition.bookkeeping = BookkeepingMechanism(name: "carrier pigeons") { _ in
            BrokenBookkeeping(.losesBuffers, on: nil)
        }
        let failure = #expect(throws: Failure.self) { try Subject(composition) }
        #expect(failure?.description.contains("carrier pigeons") == true)
    }
}
