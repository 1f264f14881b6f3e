import RingKernelModel
import TokenRing

/// A13 to A17: when a binding takes tokens back, and of which binding a token is.
extension Scenario {
    static let lifeTimeMechanisms = [
        row(
            "A13", "ref guards freeing, users guard taking back", keepsTokens: true,
            expect: [
                .sees(
                    ["2048 verified", "held", "dying false", "in the pool", "dying true", "freed"],
                    "A13: at users 0 all urefs are put and nobody can join")
            ]
        ) { kernel in
            let frag = try kernel.one()
            kernel.unbind()
            kernel.seeBuffer(frag)
            kernel.see("dying \(kernel.kernel.binding.isDying)")
            kernel.closeOwner(of: 0)
            kernel.closeOwner(of: 1)
            kernel.seeBuffer(frag)
            kernel.see("dying \(kernel.kernel.binding.isDying)")
            kernel.see(kernel.kernel.binding.isFreed ? "freed" : "not freed")
        },
        row(
            "A14", "tokens are taken back at unbind, once", keepsTokens: true,
            expect: [
                .defect(
                    "recvmsg after the unbind leaks the buffer", right: ["2048 verified", "held", "in the pool"],
                    posted: ["2048 verified", "in the pool", "held"], "A14: Mina Almasry on v9")
            ]
        ) { kernel in
            let frag = try kernel.one()
            kernel.arrive(1)
            kernel.unbind()
            kernel.seeBuffer(frag)
            let late = kernel.receive(1).frags
            kernel.tearDown()
            kernel.seeBuffer(late.first ?? frag)
        },
        row(
            "A15", "user space cleans up, the kernel never does", keepsTokens: true,
            expect: [
                .defect(
                    neverCleansUp, right: ["2048 verified", "freed"], posted: ["2048 verified", "not freed"],
                    "A15: Mina Almasry, of her own idea")
            ]
        ) { kernel in
            _ = try kernel.one()
            kernel.tearDown()
            kernel.see(kernel.kernel.binding.isFreed ? "freed" : "not freed")
        },
        row(
            "A16", "a token says of which binding it is, by a table of the socket",
            expect: [
                .sees(
                    ["2048 verified", "other tokens", "ret 2", "guess: ret 0", "held"],
                    "A16: otherwise one program could free another's buffers, Jakub Kicinski")
            ]
        ) { kernel in
            let second = try kernel.bindQueue(1)
            let first = try kernel.one()
            let other = try kernel.one(from: second)
            kernel.see(first.token == other.token ? "equal tokens" : "other tokens")
            let stranger = try kernel.one(from: second)
            kernel.see(result: kernel.giveBack([first, other]))
            // Socket 1 never received from the second binding.
            kernel.giveBack([try kernel.one(flow: 1)], flow: 1)
            kernel.see("guess", result: kernel.giveBack([stranger], flow: 1))
            kernel.seeBuffer(stranger, of: second)
        },
        row(
            "A17", "the binding is named beside the token",
            expect: [.sees(["2048 verified", "without a name: -EINVAL", "ret 1", "ret 1"], "A17: dmabuf_token_v2")]
        ) { kernel in
            let second = try kernel.bindQueue(1)
            let first = try kernel.one()
            let other = try kernel.one(from: second)
            kernel.see(
                "without a name", result: kernel.dontNeed([TokenRange(token_start: first.token, token_count: 1)]))
            kernel.see(result: kernel.giveBack([first]))
            kernel.see(result: kernel.giveBack([other], on: second))
        },
    ]

    static let returnMechanisms = [
        row(
            "A18", "return over the binding's netlink socket",
            expect: [.sees(["2048 verified", "ret 1", "in the pool"], "A18")]
        ) { kernel in try kernel.returnAfterClose() },
        row(
            "A19", "return by a call on the binding's descriptor",
            expect: [.sees(["2048 verified", "ret 1", "in the pool"], "A19: some other ioctl-y thing")]
        ) { kernel in try kernel.returnAfterClose() },
        row(
            "A20", "mapped rings: tokens go round without a call",
            expect: [.sees(["2048 verified", "1024 without a call"], "A20: Stanislav Fomichev")]
        ) { kernel in try kernel.goRoundWithoutCalls() },
        row(
            "A21", "netgpu: a fill queue a context, as AF_XDP's",
            expect: [.sees(["2048 verified", "1024 without a call"], "A21: Jonathan Lemon, 2020")]
        ) { kernel in try kernel.goRoundWithoutCalls() },
        row(
            "A22", "zcrx: buffers come back through a refill ring",
            expect: [.sees(["2048 verified", "1024 without a call"], "A22, 2.4: consumed when the pool needs buffers")]
        ) { kernel in try kernel.goRoundWithoutCalls() },
    ]
}

extension ScenarioKernel {
    /// A token of a closed socket is returned on the binding.
    fileprivate func returnAfterClose() throws {
        let frag = try one()
        close(0)
        see(result: giveBack([frag], flow: 1))
        seeBuffer(frag)
    }

    /// Fragments go round with neither kick nor flush: the page pool takes returns when it needs buffers.
    fileprivate func goRoundWithoutCalls() throws {
        var came = 0
        while came < 1024 {
            guard arrive(16) == 16, let user = userRings(of: 0) else { break }
            user.take()
            let frags = receive(16).frags
            submit(frags)
            came += frags.count
        }
        see("\(came) without a call")
        flush()
    }
}
