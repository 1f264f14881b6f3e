import RingKernelModel
import TokenRing

/// A1 to A22: the proposal that stands for a row carries a small load, every byte checked, and shows what the row claims.
extension Scenario {
    static let mechanisms = tokenMechanisms + modeMechanisms + lifeTimeMechanisms + returnMechanisms

    /// A row of the sources: the others do not stand for it.
    static func row(
        _ id: String, _ name: String, bare: Bool = false, keepsTokens: Bool = false, expect: [Expectation],
        configure: @escaping @Sendable (inout Kernel.Configuration) -> Void = { _ in },
        run: @escaping @Sendable (ScenarioKernel) throws -> Void
    ) -> Scenario {
        Scenario(
            id, name, bare: bare, keepsTokens: keepsTokens,
            expect: [.notApplicable("it stands for other rows", when: { !$0.composition.rows.contains(id) })] + expect,
            configure: configure
        ) { kernel in
            kernel.see(bare ? "2048 verified" : try kernel.load(fragments: 2048))
            try run(kernel)
        }
    }

    private static let tokenMechanisms = [
        row(
            "A1", "an xarray entry and a pool reference for each fragment",
            expect: [
                .sees(
                    ["2048 verified", "tokens [1, 2] and [3]", "held", "in the pool"], "A1, its owner the ring set",
                    when: { $0.sharesRingSet }),
                .sees(["2048 verified", "tokens [1, 2] and [1]", "held", "in the pool"], "A1: XA_FLAGS_ALLOC1"),
            ],
            configure: { $0.fragBytes = 2048 }
        ) { kernel in
            let frags = try kernel.take(2)
            let others = try kernel.take(1, flow: 1)
            kernel.see("tokens \(frags.map(\.token)) and \(others.map(\.token))")
            kernel.giveBack(others, flow: 1)
            kernel.giveBack([frags[0]])
            kernel.seeBuffer(frags[0])
            kernel.giveBack([frags[1]])
            kernel.seeBuffer(frags[1])
        },
        row(
            "A2", "identifiers are reserved in a batch, and rolled back",
            expect: [
                .sees(["2048 verified", "[1, 2, 3]", "-ENOMEM", "[4, 5, 6]"], "A2: unused ids are erased")
            ]
        ) { kernel in
            kernel.arrive(16)
            kernel.see("\(kernel.receive(messages: 3).frags.map(\.token))")
            kernel.kernel.faults.failNext(.tokenAllocation)
            kernel.see(result: kernel.receive().result)
            kernel.see("\(kernel.receive(3).frags.map(\.token))")
        },
        row(
            "A3", "one pool reference behind all tokens of a buffer, whose number is the token",
            expect: [.sees(["2048 verified", "equal tokens", "its number", "held", "in the pool"], "A3")],
            configure: { $0.fragBytes = 2048 }
        ) { kernel in try kernel.showSharedReference() },
        row(
            "A4", "a counter for each socket and buffer",
            expect: [.sees(["2048 verified", "on another socket: ret 0", "held", "in the pool"], "A4")]
        ) { kernel in
            let frags = try kernel.take(1, flow: 0)
            kernel.giveBack(try kernel.take(1, flow: 1), flow: 1)
            kernel.see("on another socket", result: kernel.giveBack(frags, flow: 1))
            kernel.seeBuffer(frags[0])
            kernel.closeOwner(of: 0)
            kernel.seeBuffer(frags[0])
        },
        row(
            "A5", "a hash table for tokens",
            expect: [.sees(["2048 verified", "distinct tokens", "unknown: ret 0", "ret 2"], "A5")],
            configure: { $0.fragBytes = 2048 }
        ) { kernel in
            let frags = try kernel.take(2)
            kernel.see(frags[0].token != frags[1].token ? "distinct tokens" : "equal tokens")
            kernel.see("unknown", result: kernel.giveBack([TokenRange(token_start: 900_000, token_count: 1)]))
            kernel.see(result: kernel.giveBack(frags))
        },
        row(
            "A6", "counters in an xarray, never erased before the socket is closed",
            expect: [.sees(["2048 verified", "equal tokens", "its number", "held", "in the pool"], "A6")],
            configure: { $0.fragBytes = 2048 }
        ) { kernel in try kernel.showSharedReference() },
        row(
            "A7", "the address as the token, no management: an upper bound",
            expect: [
                .defect(
                    "unsafe on purpose: a return that nobody holds is believed",
                    right: ["2048 verified", "ret 1", "ret 0"],
                    posted: ["2048 verified", "ret 1", "ret 1"], "A7: unsafe upper bound")
            ]
        ) { kernel in
            let frag = try kernel.one()
            kernel.see(result: kernel.giveBack([frag]))
            kernel.see(result: kernel.giveBack([frag]))
        },
        row(
            "A8", "an array without atomics: an upper bound",
            expect: [
                .defect(
                    "unsafe on purpose: a return that nobody holds is counted",
                    right: ["2048 verified", "ret 1", "ret 0"],
                    posted: ["2048 verified", "ret 1", "ret 1"], "A8: incorrect")
            ]
        ) { kernel in
            let frag = try kernel.one()
            kernel.see(result: kernel.giveBack([frag]))
            kernel.see(result: kernel.giveBack([frag]))
        },
    ]
}

extension ScenarioKernel {
    /// Two fragments of one buffer: what their tokens are, and when the buffer goes home.
    fileprivate func showSharedReference() throws {
        let frags = try take(2)
        see(frags[0].token == frags[1].token ? "equal tokens" : "distinct tokens")
        see(frags[0].token == index(of: frags[0], in: kernel.binding) ? "its number" : "another number")
        giveBack([frags[0]])
        seeBuffer(frags[0])
        giveBack([frags[1]])
        seeBuffer(frags[1])
    }

    /// Carries fragments through both sockets, checks every byte, returns every token, and looks at the pool.
    ///
    /// - Returns: `2048 verified`, or what is wrong.
    func load(fragments: Int) throws -> String {
        let before = pool.freeBuffers
        let traced = traceCount
        defer { shortenTrace(to: traced, by: "\(fragments) fragments go round") }
        var verified = 0
        var flow = 0
        while verified < fragments {
            let frags = try take(16, flow: flow)
            let returned = giveBack(frags, flow: flow)
            guard returned == frags.count else { return "\(returned) of \(frags.count) tokens came back" }
            verified += frags.count
            flow = 1 - flow
        }
        guard corrupt == 0 else { return "\(corrupt) fragments had wrong bytes" }
        guard pool.freeBuffers == before else { return "\(pool.freeBuffers) of \(before) buffers in the pool" }
        return "\(verified) verified"
    }
}
