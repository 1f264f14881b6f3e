import RingKernelModel
import TokenRing

/// Returning tokens, well and badly: S1 to S9 and S13.
extension Scenario {
    static let returns = [
        returnOnce, returnTwice, neverIssued, outOfRange, twoFragments, otherSocket, beforeReceive, tooManyRanges,
        tooManyFrags,
    ]

    private static let returnOnce = Scenario(
        "S1", "return once",
        expect: [
            .sees(["held", "ret 1", "in the pool"], "1D S1: consumed lazily", when: { $0.returnsByRing }),
            .sees(["held", "ret 1", "in the pool"], "1D S1: freed, ret 1"),
        ]
    ) { kernel in
        let frag = try kernel.one()
        if kernel.subject.returnsByRing {
            kernel.submit([frag])
            kernel.seeBuffer(frag)
            kernel.see(result: kernel.flush())
        } else {
            kernel.seeBuffer(frag)
            kernel.see(result: kernel.giveBack([frag]))
        }
        kernel.seeBuffer(frag)
    }

    private static let returnTwice = Scenario(
        "S2", "return twice, then receive the same buffer again",
        expect: [
            .sees(
                ["ret 1", "ret 0", "1 refused", "held"], "1D S2: second skipped, ignored, rejected",
                when: { $0.stray == .refused }),
            .defect(
                "underflow of a stray return: the counter is -1, the next receive takes no reference, and the buffer is "
                    + "in the pool while user space reads it",
                right: ["ret 1", "ret 0", "1 refused", "held"], posted: ["ret 1", "ret 1", "0 refused", "in the pool"],
                "0.3a, Jakub Kicinski on v10", when: { $0.stray == .underflows }),
            .defect(
                "nothing is checked: the second return drops a reference that nobody had",
                right: ["ret 1", "ret 0", "1 refused", "held"], posted: ["ret 1", "ret 1", "0 refused", "held"],
                "A7, 5.7: undetected, self-corruption"),
        ],
        configure: { $0.niovs = 1 }
    ) { kernel in
        let frag = try kernel.one()
        let token = [TokenRange(token_start: frag.token, token_count: 1)]
        kernel.see(result: kernel.giveBack(token))
        kernel.see(result: kernel.giveBack(token))
        kernel.seeRefused()
        kernel.seeBuffer(try kernel.one())
    }

    private static let neverIssued = Scenario(
        "S3", "return a token that was never handed out, then receive its buffer",
        expect: [
            .sees(["ret 0", "1 refused", "held"], "1D S3: skipped, ignored, rejected", when: { $0.stray == .refused }),
            .defect(
                "underflow of a stray return: the counter is -1 before the first receive",
                right: ["ret 0", "1 refused", "held"], posted: ["ret 1", "0 refused", "in the pool"],
                "0.3a, 1D S3: uref < 0", when: { $0.stray == .underflows }),
            .defect(
                "nothing is checked: a reference of a buffer is dropped that is in the pool",
                right: ["ret 0", "1 refused", "held"], posted: ["ret 1", "0 refused", "held"],
                "A7, 1D S3: accepted if in range"),
        ],
        configure: { $0.niovs = 2 }
    ) { kernel in
        let frag = try kernel.one()
        let token = [TokenRange(token_start: kernel.strangerOf(frag), token_count: 1)]
        kernel.see(result: kernel.giveBack(token))
        kernel.seeRefused()
        kernel.seeBuffer(try kernel.one())
    }

    private static let outOfRange = Scenario(
        "S4", "return a token that the binding cannot have",
        expect: [
            .sees(["ret 0", "1 refused"], "1D S4: invalid counter, skipped", when: { $0.returning == .fillQueue }),
            .defect(
                "nothing is checked: the token is followed", right: ["ret 0", "1 refused"],
                posted: ["ret 0", "0 refused"],
                "A7", when: { $0.returning != .refillRing && $0.rules.outOfRange == .oops }),
            .sees(["ret 0", "1 refused"], "1D S4: skipped, ignored, rejected"),
        ]
    ) { kernel in
        _ = try kernel.one()
        kernel.see(result: kernel.giveBack([TokenRange(token_start: 1_000_000, token_count: 1)]))
        kernel.seeRefused()
    }

    private static let twoFragments = Scenario(
        "S5", "two fragments of one buffer, return one, then the other",
        expect: [.sees(["ret 1", "held", "ret 1", "in the pool"], "1D S5: page held")],
        configure: { $0.fragBytes = 2048 }
    ) { kernel in
        let frags = try kernel.take(2)
        kernel.see(result: kernel.giveBack([frags[0]]))
        kernel.seeBuffer(frags[0])
        kernel.see(result: kernel.giveBack([frags[1]]))
        kernel.seeBuffer(frags[1])
    }

    private static let otherSocket = Scenario(
        "S6", "return on another socket of the binding",
        expect: [
            .notApplicable("tokens come back on the binding and not on a socket", when: { $0.returnsOnBinding }),
            .sees(["ret 1", "in the pool"], "1D S6: accepted (ring per binding)", when: { $0.sharesRingSet }),
            .sees(["ret 1", "in the pool"], "1D S6, B6: accepted", when: { $0.acceptsOthersTokens }),
            .defect(
                "a return that this socket does not hold is counted", right: ["ret 0", "held"],
                posted: ["ret 1", "held"],
                "A8: incorrect", when: { $0.stray == .underflows }),
            .sees(["ret 0", "held"], "1D S6: skipped"),
        ]
    ) { kernel in
        let frags = try kernel.take(2, flow: 0)
        let others = try kernel.take(1, flow: 1)
        kernel.see(result: kernel.giveBack([frags[1]], flow: 1))
        kernel.seeBuffer(frags[1])
        kernel.giveBack(others, flow: 1)
    }

    private static let beforeReceive = Scenario(
        "S7", "return before any receive",
        expect: [
            .defect(
                "nothing is checked: a reference of a buffer is dropped that is in the pool",
                right: ["ret 0", "1 refused"], posted: ["ret 1", "0 refused"], "A21: netgpu's fill queue",
                when: { $0.returning == .fillQueue }),
            .defect(
                "the binding is followed although there is none", right: ["ret 0", "1 refused"], posted: nil,
                "A4: NULL binding on a fresh socket, syzbot; A7",
                when: { $0.returning == .socketOption && $0.rules.beforeReceive == .oops }),
            .sees(
                ["-EINVAL", "0 refused"], "1D S7, B10",
                when: { $0.returning == .socketOption && $0.rules.beforeReceive == .invalid }),
            .sees(["ret 0", "1 refused"], "1D S7: ret 0, ignored, rejected", when: { $0.stray == .refused }),
            .defect(
                "a stray return is believed", right: ["ret 0", "1 refused"], posted: ["ret 1", "0 refused"], "0.3a"),
        ]
    ) { kernel in
        kernel.see(result: kernel.giveBack([TokenRange(token_start: 1, token_count: 1)]))
        kernel.seeRefused()
    }

    private static let tooManyRanges = Scenario(
        "S8", "129 ranges in one call",
        expect: [
            .sees(["-EINVAL", "held"], "1D S8, C1: MAX_DONTNEED_TOKENS", when: { $0.returnsInCalls }),
            .sees(["-EINVAL", "held"], "1D S8: -EINVAL on the fallback", when: { $0.hasReturnRing }),
            .notApplicable("there is no call with an array; the ring's size is the limit"),
        ]
    ) { kernel in
        let frag = try kernel.one()
        kernel.see(
            result: kernel.callBack(Array(repeating: TokenRange(token_start: frag.token, token_count: 1), count: 129)))
        kernel.seeBuffer(frag)
    }

    private static let tooManyFrags = Scenario(
        "S9", "2000 fragments in one call, or in one pass of softirq",
        expect: [
            .sees(["ret 1024"], "1D S9, C1: MAX_DONTNEED_FRAGS", when: { $0.returnsInCalls }),
            .sees(
                ["a pass takes some and at most 1024", "2000 in all"],
                "1D S9: bounded per pass, the rest stays queued; R11"),
        ],
        configure: {
            $0.niovs = 2000
            $0.deliveryEntries = 1024
            $0.returnEntries = 2048
        }
    ) { kernel in
        let tokens = try kernel.take(2000).map(\.token)
        let all = [TokenRange(token_start: tokens.min() ?? 0, token_count: 2000)]
        guard kernel.subject.returnsByRing else {
            kernel.see(result: kernel.giveBack(all))
            return
        }
        kernel.submit(all)
        // The pool is empty: it asks the ring.
        kernel.arrive(1)
        let passed = kernel.kernel.costs.release.allTokens
        kernel.see("a pass takes \(passed == 0 ? "none" : "some") and \(passed > 1024 ? "more than" : "at most") 1024")
        kernel.flush()
        kernel.see("\(kernel.kernel.costs.release.allTokens) in all")
    }
}

extension ScenarioKernel {
    /// A token that could be and was never handed out: of another buffer than `frag`'s, with two in the binding.
    func strangerOf(_ frag: ReceivedFrag) -> UInt32 {
        let index = index(of: frag, in: kernel.binding)
        return subject.rules.token == .entry ? frag.token + 70 : frag.token - index + (index == 0 ? 1 : 0)
    }
}
