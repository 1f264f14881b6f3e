import RingKernelModel
import TokenRing

/// The selftests of io_uring zcrx and of liburing, as far as the model has what they test: Z and L of the sources.
extension Scenario {
    static let zcrxSelftests = [
        receiveAll, oneShot,
        Scenario("Z3", "test_zcrx_rss, the older form", nowhereBecause: steering),
        Scenario("Z4", "test_zcrx_large_chunks", nowhereBecause: "D5 has large buffers, for every proposal"),
        Scenario("Z5", "test_zcrx_notif_copy_fallback", nowhereBecause: "nothing falls back to copying in the model"),
        noBuffers,
        Scenario("L1", "register_basic", nowhereBecause: registration),
        ringSizes,
        Scenario("L3", "register: areas", nowhereBecause: registration),
        Scenario("L4", "register: read-only parameters", nowhereBecause: registration),
        Scenario("L5", "register: bad rx_buf_len", nowhereBecause: "D6 and the bind tests have rx-page-size"),
        Scenario("L6", "invalid receives", nowhereBecause: "there are no requests and no file table in the model"),
        Scenario("L7", "exit with a request in flight", nowhereBecause: "L14 has an exit with everything out"),
        Scenario("L8", "invalid clone", nowhereBecause: export),
        Scenario("L9", "clone", nowhereBecause: export),
        emptyFlush, invalidEntries, invalidPointers, twiceTheArea, abnormalExit,
    ]

    private static let steering = "flow steering is the NIC's; single and rss differ in nothing here"
    private static let registration = "user memory is not registered in the model, the kernel owns the pages"
    private static let export = "a ring set's descriptor is passed on, it is not cloned"

    private static let receiveAll = Scenario(
        "Z1", "test_zcrx: 12840 bytes, every byte checked",
        expect: [.sees(["12840 bytes", "ret 15"], "Z1")],
        configure: { $0.fragBytes = 856 }
    ) { kernel in
        let frags = try kernel.take(15)
        kernel.see("\(frags.reduce(0) { $0 + Int($1.size) }) bytes")
        kernel.see(result: kernel.giveBack(frags))
    }

    private static let oneShot = Scenario(
        "Z2", "test_zcrx_oneshot: four receives of 4096 bytes",
        expect: [.sees(["ret 4096", "ret 4096", "ret 4096", "ret 4096"], "Z2")]
    ) { kernel in
        kernel.arrive(4)
        for _ in 0..<4 { kernel.see(result: kernel.receive(1).result) }
    }

    private static let noBuffers = Scenario(
        "Z6", "test_zcrx_notif_no_buffers",
        expect: [
            .notApplicable(
                "there is no event: S18 has the silent drop", when: { $0.returnsInCalls || $0.returning == .fillQueue }),
            .sees(["event false", "event true"], "Z6: ALLOC_FAIL, TOKEN_RING_STARVED"),
        ],
        configure: { $0.niovs = 4 }
    ) { kernel in
        guard let user = kernel.userRings(of: 0) else { return }
        kernel.arrive(4)
        kernel.see("event \(user.isStarved)")
        kernel.arrive(4)
        kernel.see("event \(user.isStarved)")
    }

    private static let ringSizes = Scenario(
        "L2", "return rings of impossible sizes",
        expect: [
            noReturnRing,
            .sees(
                ["0 refused", "100 made", "32768 made", "65536 refused", "4294967295 refused"],
                "L2, 2.4: rounded up to a power of two, at most 32768", when: { $0.returning == .refillRing }),
            .sees(
                ["0 refused", "100 refused", "32768 made", "65536 made", "4294967295 refused"],
                "R18, token_ring.h: a power of two up to 2^22"),
        ]
    ) { kernel in
        for entries: UInt32 in [0, 100, 32768, 65536, .max] { kernel.see("\(entries) \(kernel.ringText(entries))") }
    }

    private static let emptyFlush = Scenario(
        "L10", "rq_flush",
        expect: [noReturnRing, .sees(["ret 0", "ret 1", "closed: ret 0"], "L10: a known ring flushes")]
    ) { kernel in
        guard let ringSet = kernel.userRings(of: 0)?.ringSet else { return }
        kernel.see(result: ringSet.flush())
        kernel.submit([try kernel.one()])
        kernel.see(result: ringSet.flush())
        kernel.kernel.close(ringSet)
        kernel.see("closed", result: ringSet.flush())
    }

    private static let invalidEntries = Scenario(
        "L11", "refill entries that cannot be",
        expect: [
            .notApplicable("another ring has other entries: S3, S4", when: { $0.returning != .refillRing }),
            .sees(
                ["ret 0", "nothing freed", "behind an invalid one: ret 1", "twice in a row: ret 1", "in the pool"],
                "L11; 2.4: a flush ends at an invalid entry, and what is behind it stays in the ring"),
        ]
    ) { kernel in
        let (frag, other) = (try kernel.one(), try kernel.one())
        guard let user = kernel.userRings(of: 0) else { return }
        let free = kernel.pool.freeBuffers
        let areaEnd = UInt64(64 * 4096)
        for _ in 0..<16 { _ = user.putRefill(RefillEntry(offset: 0)) }
        var padded = RefillEntry(offset: frag.offset)
        padded.padding = 1
        for entry in [RefillEntry(offset: areaEnd), RefillEntry(offset: 1 << 48), RefillEntry(offset: .max), padded] {
            _ = user.putRefill(entry)
        }
        kernel.see(result: kernel.flush())
        kernel.see(kernel.pool.freeBuffers == free ? "nothing freed" : "something freed")
        _ = user.putRefill(padded)
        kernel.submit([other])
        kernel.see("behind an invalid one", result: kernel.flush())
        kernel.submit([frag, frag])
        kernel.see("twice in a row", result: kernel.flush())
        kernel.seeBuffer(frag)
    }

    private static let invalidPointers = Scenario(
        "L12", "the kernel's own index overwritten, and the producer two rings ahead",
        expect: [
            noReturnRing,
            .defect(
                "nothing is checked: whatever lies in the slots is taken as a buffer that comes back",
                right: ["ret 1", "survives"], posted: nil, "A21", when: { $0.returning == .fillQueue }),
            .sees(["ret 1", "survives"], "L12, R2: head in memory is write-only"),
        ]
    ) { kernel in
        let frags = try kernel.take(2)
        guard let user = kernel.userRings(of: 0) else { return }
        let (producer, consumer, capacity) = user.returnIndices
        kernel.submit([frags[0]])
        consumer.storeRelease(7)
        kernel.see(result: user.ringSet.flush())
        producer.storeRelease(2 * capacity)
        _ = user.ringSet.flush()
        kernel.hasLostReturnRing = true
        kernel.see(kernel.pool.doubleFrees == 0 && !kernel.isInPool(frags[1]) ? "survives" : "something was freed")
    }

    private static let twiceTheArea = Scenario(
        "L13", "twice as much as there are buffers, without and with returns",
        expect: [
            noReturnRing,
            .sees(["64 of 128 without returns", "128 with returns"], "L13: small ring, flush when it is full"),
        ],
        configure: { $0.returnEntries = 16 }
    ) { kernel in
        let held = kernel.arriveAndReceive(128)
        kernel.see("\(held.count) of 128 without returns")
        kernel.giveBack(held)
        var came = 0
        while came < 128 {
            let frags = try kernel.take(8)
            if !kernel.submit(frags.map { TokenRange(token_start: $0.token, token_count: 1) }) {
                kernel.giveBack(frags)
            }
            came += frags.count
        }
        kernel.see("\(came) with returns")
        kernel.flush()
    }

    private static let abnormalExit = Scenario(
        "L14", "abnormal exit: everything out, an entry reserved and never submitted", keepsTokens: true,
        expect: [
            .defect(neverCleansUp, right: ["whole"], posted: ["not whole"], "A15", when: { $0.cleanUp == .never }),
            .sees(["whole"], "L14, R17"),
        ]
    ) { kernel in
        _ = try kernel.take(4)
        kernel.arrive(4)
        kernel.arrive(4, flow: 1)
        kernel.tearDown()
        kernel.see(kernel.pool.isWhole ? "whole" : "not whole")
    }
}

extension ScenarioKernel {
    /// Receives what comes of `count` fragments.
    fileprivate func arriveAndReceive(_ count: Int) -> [ReceivedFrag] {
        var frags: [ReceivedFrag] = []
        while frags.count < count, arrive(16) > 0 { frags += receive(16).frags }
        return frags
    }

    /// Makes a ring set with a return ring of that many entries: `made` or `refused`.
    fileprivate func ringText(_ entries: UInt32) -> String {
        var request = ringSetRequest
        request.returnEntries = entries
        guard let ringSet = try? kernel.createRingSet(on: kernel.binding, request, serving: []) else {
            return "refused"
        }
        kernel.close(ringSet)
        return "made"
    }
}
