import RingKernelModel
import RingTestSupport
import Testing

@testable import RingBenchKit

/// The runs behind `ringbench evaluate` check themselves; here, that the check holds and that it can fail.
@Suite("Proposal runs")
struct EvaluationTests {
    private func run(
        _ name: String, sourceSeed: UInt64? = nil, consumerProgram: String? = nil,
        _ change: (inout Load) -> Void = { _ in }
    ) throws -> ProposalRun.Outcome {
        var load = Load()
        load.tokens = 20_000
        load.niovs = 4096
        change(&load)
        let composition = try #require(Composition.named(name))
        var run = ProposalRun(composition: composition, load: load, depth: .everyByte, cpus: (nil, nil))
        run.sourceSeed = sourceSeed
        run.consumerProgram = consumerProgram
        return try run.run()
    }

    /// One for each way to receive and to return.
    static let ways = Evaluation.usual + ["netlink-uref", "ioctl-uref", "fill-queue", "return-ring"]

    @Test("every byte is right and every token comes back once", arguments: Composition.all.map(\.name))
    func verified(_ name: String) throws {
        let outcome = try run(name)
        #expect(outcome.consumer.received == 20_000)
        #expect(outcome.consumer.returned == 20_000)
        #expect(outcome.issue.allTokens == 20_000)
        #expect(outcome.release.allTokens == 20_000)
    }

    @Test("the consumer of the mapped rings can be another process")
    func betweenProcesses() throws {
        let program = PeerProcess.productsDirectory().appending("ringbench").string
        let outcome = try run("mapped-ring", consumerProgram: program)
        #expect(outcome.consumer.received == 20_000 && outcome.consumer.returned == 20_000)
    }

    @Test("a consumer process that goes away leaves no result")
    func consumerGoesAway() {
        let failure = #expect(throws: Failure.self) { try run("mapped-ring", consumerProgram: "/bin/false") }
        #expect(failure?.kind == .invariantBroken)
    }

    @Test("wrong bytes leave no result", arguments: ways)
    func wrongBytes(_ name: String) {
        let failure = #expect(throws: Failure.self) { try run(name, sourceSeed: 2) }
        #expect(failure?.kind == .invariantBroken)
        #expect(failure?.description.contains("bytes") == true)
    }

    @Test("fragments smaller than a buffer share it", arguments: ways)
    func smallFragments(_ name: String) throws {
        #expect(try run(name) { $0.fragBytes = 1448 }.consumer.received == 20_000)
    }

    @Test("rings of one slot work, by way of kick and flush")
    func oneSlotRings() throws {
        let outcome = try run("mapped-ring") {
            $0.deliveryEntries = 1
            $0.returnEntries = 1
            $0.tokens = 2000
        }
        #expect(outcome.consumer.received == 2000)
        #expect(outcome.consumer.returnCalls > 0, "the return ring was full, and flush made room")
    }

    @Test("one flow and 64 flows", arguments: [1, 64])
    func flows(_ flows: Int) throws {
        for name in Self.ways {
            let outcome = try run(name) {
                $0.flows = flows
                $0.niovs = 32768
            }
            #expect(outcome.consumer.received == 20_000)
        }
    }

    @Test("control messages and token arrays are what is copied: 40 and 8 bytes a token")
    func copiedBytes() throws {
        #expect(try run("sockopt-xarray").consumer.copiedBytes == 20_000 * 48)
        #expect(try run("mapped-ring").consumer.copiedBytes == 0)
    }

    @Test("a fragment that does not hold its stream's bytes is seen", arguments: StreamContent.Depth.allCases)
    func corruptionIsSeen(_ depth: StreamContent.Depth) {
        let content = StreamContent(seed: 7, flow: 1)
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
        defer { bytes.deallocate() }
        content.write(at: 8192, to: bytes, depth: depth)
        #expect(content.matches(at: 8192, UnsafeRawBufferPointer(bytes), depth: depth))
        #expect(!content.matches(at: 12288, UnsafeRawBufferPointer(bytes), depth: depth), "a stale buffer")
        #expect(!StreamContent(seed: 7, flow: 2).matches(at: 8192, UnsafeRawBufferPointer(bytes), depth: depth))
        bytes[4095] ^= 1
        #expect(!content.matches(at: 8192, UnsafeRawBufferPointer(bytes), depth: depth))
    }
}
