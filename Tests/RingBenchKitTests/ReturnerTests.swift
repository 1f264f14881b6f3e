import RingKernelModel
import RingTestSupport
import Testing

@testable import RingBenchKit

/// Every way to take fragments with every way to give tokens back, and that no fault of an application leaves a result.
@Suite("Sources and returners")
struct ReturnerTests {
    private func run(
        _ name: String, _ change: (inout ProposalRun) -> Void = { _ in }
    ) throws -> ProposalRun.Outcome {
        var load = Load()
        load.tokens = 6000
        load.niovs = 4096
        var run = ProposalRun(
            composition: try #require(Composition.named(name)), load: load, depth: .stamps, cpus: (nil, nil))
        change(&run)
        return try run.run()
    }

    @Test("a token that the application loses leaves no result", arguments: Composition.all.map(\.name))
    func lostToken(_ name: String) {
        let failure = #expect(throws: Failure.self) { try run(name) { $0.returnFault = .lose } }
        #expect(failure?.kind == .invariantBroken)
    }

    @Test("a token that the application returns twice leaves no result", arguments: Composition.all.map(\.name))
    func doubledToken(_ name: String) {
        let failure = #expect(throws: Failure.self) { try run(name) { $0.returnFault = .duplicate } }
        #expect(failure?.kind == .invariantBroken)
    }

    @Test("two and three threads of the application share the flows", arguments: Composition.all.map(\.name))
    func threads(_ name: String) throws {
        for threads in [2, 3] {
            let outcome = try run(name) { $0.load.threads = threads }
            #expect(outcome.consumer.received == 6000 && outcome.consumer.returned == 6000)
        }
    }

    @Test("tokens that are held for a while all come back", arguments: Composition.all.map(\.name))
    func heldTokens(_ name: String) throws {
        #expect(try run(name) { $0.load.heldTokens = 1500 }.consumer.returned == 6000)
    }

    @Test(
        "returns of 1, 7 and 1000 tokens", arguments: ["sockopt-xarray", "netlink-uref", "ioctl-uref", "mapped-ring"])
    func batches(_ name: String) throws {
        for batch in [1, 7, 1000] {
            let outcome = try run(name) { $0.load.returnBatch = batch }
            #expect(outcome.consumer.returned == 6000)
            guard let call = Composition.named(name), !call.hasRings, batch == 1000 else { continue }
            // A call takes 128: some 1500 tokens of each flow are a batch of 8 calls and a rest of about 4.
            #expect((44...56).contains(outcome.consumer.returnCalls))
        }
    }

    @Test("buffers of 16 KiB", arguments: Composition.all.map(\.name))
    func largeBuffers(_ name: String) throws {
        let outcome = try run(name) {
            $0.load.niovBytes = 16384
            $0.load.fragBytes = 16384
            $0.load.niovs = 1200
            $0.load.tokens = 1000
        }
        #expect(outcome.consumer.received == 1000)
    }

    @Test(
        "the other process serves every composition whose rings are in regions of ours",
        arguments: Composition.all.filter { ConsumerProcess.canRun($0, Load()) }.map(\.name))
    func otherProcess(_ name: String) throws {
        let program = PeerProcess.productsDirectory().appending("ringbench").string
        let outcome = try run(name) { $0.consumerProgram = program }
        #expect(outcome.consumer.received == 6000 && outcome.consumer.returned == 6000)
    }

    @Test("threads divide lanes: each socket is received on by one, each ring polled by one")
    func plans() {
        for composition in Composition.all {
            for threads in 1...4 {
                var load = Load()
                load.flows = 6
                load.threads = threads
                let plans = (0..<ConsumerPlan.threads(composition, load)).map {
                    ConsumerPlan(composition, load, thread: $0)
                }
                let sockets = plans.flatMap(\.sockets)
                #expect(Set(sockets).count == sockets.count, "\(composition.name)")
                if !composition.hasDeliveryRing { #expect(sockets.sorted() == Array(0..<6)) }
                guard composition.hasDeliveryRing, composition.topology != .ringShared else { continue }
                let ringSets = plans.flatMap(\.ringSets)
                #expect(Set(ringSets).count == ringSets.count, "\(composition.name)")
            }
        }
    }

    @Test("one thread polls several ring sets")
    func severalRingSets() throws {
        let outcome = try run("mapped-ring-thread") {
            $0.load.flows = 6
            $0.load.rings = 3
        }
        #expect(outcome.consumer.received == 6000)
    }
}
