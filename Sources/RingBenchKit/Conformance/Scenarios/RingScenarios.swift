import RingKernelModel
import TokenRing

/// Full and empty rings and pools, and indices that lie: S16 to S20.
extension Scenario {
    static let rings = [tooLittleRoom, returnRingFull, poolExhausted, producerTooFar, producerBackwards]

    static let noReturnRing = Expectation.notApplicable(
        "tokens come back in calls; there is no return ring", when: { $0.returnsInCalls })
    static let lostAtShortControl =
        "put_cmsg truncates in silence: tokens were made that user space never saw"

    private static let tooLittleRoom = Scenario(
        "S16", "no room for any token, then room for one, then for all",
        expect: [
            .sees(
                ["4 asked for a kick", "1 token", "3 tokens"],
                "1D S16, R19: data kept, wakeup flag, no token lost", when: { $0.deliversByRing }),
            .defect(
                lostAtShortControl, right: ["-ETOOSMALL", "1 token", "3 tokens"],
                posted: ["ret 16384", "0 tokens", "0 tokens"], "C5, RFC v3 of devmem TCP", when: { $0.truncates }),
            .sees(["-ETOOSMALL", "1 token", "3 tokens"], "1D S16, C5: put_cmsg_notrunc"),
        ],
        configure: { $0.deliveryEntries = 1 }
    ) { kernel in
        kernel.arrive(4)
        if kernel.subject.deliversByRing {
            let issued = kernel.kernel.costs.issue.allTokens
            kernel.see(
                issued == 1 && kernel.userRings(of: 0)?.asksForKick == true
                    ? "4 asked for a kick" : "\(issued) tokens in a ring of 1")
        } else {
            kernel.see(result: kernel.receive(messages: 0).result)
        }
        let first = kernel.receive(kernel.subject.deliversByRing ? 1 : 64, messages: 1).frags.count
        kernel.see("\(first) token\(first == 1 ? "" : "s")")
        kernel.see("\(kernel.receive().frags.count) tokens")
    }

    private static let returnRingFull = Scenario(
        "S17", "the return ring is full",
        expect: [
            noReturnRing,
            .sees(["full after 1", "4 in all"], "1D S17: stash or FLUSH_RQ", when: { $0.returning == .refillRing }),
            .sees(["full after 1", "4 in all"], "1D S17: fallback call, exact count", when: { $0.hasReturnRing }),
            .sees(["full after 1", "4 in all"], "1D S17: wait"),
        ],
        configure: { $0.returnEntries = 1 }
    ) { kernel in
        let frags = try kernel.take(4)
        let fits = kernel.submit([TokenRange(token_start: frags[0].token, token_count: 1)])
        let second = kernel.submit([TokenRange(token_start: frags[1].token, token_count: 1)])
        kernel.see(fits && !second ? "full after 1" : "not full after 1")
        let flushed = kernel.flush()
        kernel.see("\(flushed + kernel.giveBack(Array(frags[1...]))) in all")
    }

    private static let poolExhausted = Scenario(
        "S18", "the page pool is exhausted",
        expect: [
            .sees(
                [
                    "4 of 8 came", "drop counted", "reported", "not again", "armed: ret 0", "armed again: -EINVAL",
                    "4 came",
                ],
                "1D S18: drop + counter + one-shot event; 2.4",
                when: { $0.hasReturnRing || $0.returning == .refillRing }),
            .sees(["4 of 8 came", "drop counted", "silent", "4 came"], "1D S18: packet drop, silent; B16"),
        ],
        configure: { $0.niovs = 4 }
    ) { kernel in
        kernel.see("\(kernel.arrive(8)) of 8 came")
        kernel.see(kernel.pool.exhausted > 0 ? "drop counted" : "no drop")
        if kernel.subject.returnsByRing, kernel.subject.returning != .fillQueue, let user = kernel.userRings(of: 0) {
            kernel.see(user.isStarved ? "reported" : "not reported")
            let reports = user.ringSet.counters.starved
            kernel.arrive(1)
            kernel.see(user.isStarved && user.ringSet.counters.starved > reports ? "not again" : "not counted")
            kernel.see("armed", result: user.ringSet.arm())
            kernel.see("armed again", result: user.ringSet.arm())
        } else {
            kernel.see("silent")
        }
        kernel.giveBack(kernel.receive().frags)
        kernel.see("\(kernel.arrive(4)) came")
    }

    private static let lyingProducer: [Expectation] = [
        noReturnRing,
        .defect(
            "nothing is checked: whatever lies in the slots is taken as a buffer that comes back",
            right: ["counted", "at most a ring full", "nothing freed"], posted: nil,
            "A21; 1D: not clamped, index masked", when: { $0.returning == .fillQueue }),
        .sees(
            ["counted", "at most a ring full", "nothing freed"], "1D S19, S20: clamped, stale entries checked; R3, R4"),
    ]

    private static let producerTooFar = Scenario(
        "S19", "the producer index jumps by two rings", expect: lyingProducer
    ) { kernel in try kernel.lie { $0 &+ 2 * $1 } }

    private static let producerBackwards = Scenario(
        "S20", "the producer index goes back by one", expect: lyingProducer
    ) { kernel in try kernel.lie { producer, _ in producer &- 1 } }
}

extension ScenarioKernel {
    /// Returns a token well, writes a producer index that cannot be, and sees what the kernel makes of it.
    fileprivate func lie(_ change: (UInt32, UInt32) -> UInt32) throws {
        let frags = try take(2)
        giveBack([frags[0]])
        guard let user = userRings(of: 0) else { return }
        let before = kernel.refusals
        let wasFree = pool.freeBuffers
        let (producer, _, capacity) = user.returnIndices
        let honest = producer.loadRelaxed()
        producer.storeRelease(change(honest, capacity))
        did("the producer index \(honest) becomes \(producer.loadRelaxed())")
        _ = user.ringSet.flush()
        see(user.ringSet.statistics.returns.indexViolations > 0 ? "counted" : "not counted")
        let looked = kernel.refusals.total - before.total
        see(looked <= UInt64(capacity) ? "at most a ring full" : "\(looked) entries of \(capacity)")
        see(pool.freeBuffers == wasFree && pool.doubleFrees == 0 ? "nothing freed" : "something freed")
        hasLostReturnRing = true
        // The ring is lost, its holder's own harm; the call beside it still works.
        if subject.hasReturnRing { _ = callBack([TokenRange(token_start: frags[1].token, token_count: 1)]) }
    }
}

extension UserRings {
    /// Whether the kernel says that the page pool found no buffer.
    var isStarved: Bool {
        if let ring = ringSet.refillRing { return ring.hasAllocationFailed }
        guard ringSet.fillQueue == nil else { return false }
        let layout = ringSet.region.rings[ringSet.returnRingNumber].layout
        guard let flags = layout.consumerFlags else { return false }
        // TOKEN_RING_STARVED of token_ring.h.
        return SharedWord(at: ringSet.region.mapping.base + Int(flags)).loadAcquire() & 2 != 0
    }
}
