import RingKernelModel
import Testing

@testable import RingBenchKit

/// What is run for an instruction counter: every proposal and every ring, with nothing left over.
@Suite("Counted operations")
struct CountedTests {
    @Test("each proposal's application gets all and gives all back", arguments: Composition.all.map(\.name))
    func proposal(_ name: String) throws {
        #expect(try CountedProposal.run(name, rounds: 12) == 12 * 4 * 128)
    }

    @Test("each ring moves every entry", arguments: RingImplementation.own)
    func ring(_ implementation: RingImplementation) throws {
        for bytes in [8, 16] as [UInt32] {
            #expect(try CountedRing.run(implementation, entryBytes: bytes, batch: 16) == 61440)
        }
    }

    @Test("a name that is none, and a batch that does not fit, are refused")
    func refused() {
        let refusals = [
            #expect(throws: Failure.self) { try CountedProposal.run("carrier-pigeon", rounds: 1) },
            #expect(throws: Failure.self) { try CountedRing.run(.tokenRing, entryBytes: 12, batch: 16) },
            #expect(throws: Failure.self) { try CountedRing.run(.tokenRing, entryBytes: 8, batch: 7) },
        ]
        #expect(refusals.map { $0?.kind } == [.usage, .usage, .usage])
    }
}
