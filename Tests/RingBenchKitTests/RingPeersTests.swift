import Testing

@testable import RingBenchKit

/// Rings of other projects: what is said of them, and what is said when they are not there.
@Suite("ring benchmark, peers")
struct RingPeersTests {
    private func standing(_ own: [Double], _ others: [RingImplementation: [Double]]) throws -> RingStanding {
        try #require(RingStanding(of: "x", others.merging([.tokenRing: own]) { $1 }))
    }

    @Test("TokenRing is first, within the spread of the first, or behind")
    func places() throws {
        let ten = (0..<20).map { 10 + Double($0 % 5) / 10 }
        #expect(try standing(ten, [.libxdp: ten.map { $0 * 2 }, .rteRing: ten.map { $0 * 1.5 }]).place == .first)
        #expect(try standing(ten.map { $0 * 1.01 }, [.ckRing: ten]).place == .withinSpread)
        let behind = try standing(ten.map { $0 * 1.5 }, [.ckRing: ten, .libxdp: ten.map { $0 * 2 }])
        #expect(behind.place == .behind && behind.fastestOther == .ckRing && abs(behind.ratio - 1.5) < 1e-9)
    }

    @Test("neither the lower bound nor TokenRing's other publication is one that could be taken instead")
    func notPeers() throws {
        let ten = (0..<20).map { 10 + Double($0 % 5) / 10 }
        let values: [RingImplementation: [Double]] = [
            .lowerBound: ten.map { $0 / 2 }, .tokenRingSlot: ten.map { $0 / 2 }, .libxdp: ten.map { $0 * 2 },
        ]
        #expect(try standing(ten, values).fastestOther == .libxdp)
        #expect(RingStanding(of: "x", [.tokenRing: ten, .lowerBound: ten]) == nil)
    }

    @Test("without an adapter --peers is one sentence that says how to get them, before anything is measured")
    func noneThere() {
        var configuration = RingConfiguration()
        configuration.withPeers = true
        configuration.peerFolder = "/nonexistent"
        let failure = #expect(throws: Failure.self) {
            try RingBenchmark.run(configuration: configuration, progress: Progress(quiet: true))
        }
        #expect(failure?.kind == .unavailable && failure?.description.contains("make bench-peers") == true)
    }

    @Test("a batch that most rings could never hold is refused")
    func batch() {
        var configuration = RingConfiguration()
        configuration.withPeers = true
        configuration.batches = [2048]
        let failure = #expect(throws: Failure.self) {
            try RingBenchmark.run(configuration: configuration, progress: Progress(quiet: true))
        }
        #expect(failure?.kind == .usage && failure?.description.contains("--peers at most 1024") == true)
    }
}
