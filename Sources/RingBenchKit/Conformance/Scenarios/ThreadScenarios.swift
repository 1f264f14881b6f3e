import RingKernelModel
import TokenRing

/// What the mail threads ask of bindings, sockets and their ends: B1 to B16.
extension Scenario {
    static let threads = [
        unbindBeforeReceive, unbindBeforeReceiveThenReturn, unbindAfterReceive, badTokenAfterAll, leakedTokens,
        socketsOfOneBinding, starvation, singleBinding, shrinkingChannels, returnWithoutReceive, invalidInput,
        neverRead, transmitBinding, deadBinding, failedBinding, overcommit,
    ]

    private static let unbindBeforeReceive = Scenario(
        "B1", "bind, data, unbind, the first receive, close", keepsTokens: true,
        expect: [
            .sees(
                ["ret 4096", "in the pool"], "B1 on: the binding stays alive, close releases",
                when: { $0.cleanUp == .socketClose }),
            .defect(
                neverCleansUp, right: ["ret 4096", "in the pool"], posted: ["ret 4096", "held"], "A15",
                when: { $0.cleanUp == .never }),
            .sees(["ret 4096", "in the pool"], "B1: the ring set was a member before", when: { $0.hasMemberRingSet }),
            .sees(["-ENODEV", "nothing received"], "B1 v10: users was 0 at the unbind", when: { $0.countsUsers }),
            .defect(
                "recvmsg after the unbind takes a reference that nothing puts: the buffer and the binding leak",
                right: ["-ENODEV", "nothing received"], posted: ["ret 4096", "held"], "A14, Mina Almasry on v9"),
        ],
        configure: { $0.deliveryEntries = 1 }
    ) { kernel in
        kernel.arrive(1)
        kernel.unbind()
        let received = kernel.receive(1)
        kernel.see(result: received.result)
        kernel.tearDown()
        if let frag = received.frags.first { kernel.seeBuffer(frag) } else { kernel.see("nothing received") }
    }

    private static let unbindBeforeReceiveThenReturn = Scenario(
        "B2", "bind, data, unbind, the first receive, return",
        expect: [
            .sees(
                ["ret 8192", "ret 2", "in the pool"], "B2: or drained",
                when: { $0.deliversByRing || $0.hasMemberRingSet }),
            .sees(["-ENODEV"], "B2: a clean error", when: { $0.countsUsers }),
            .sees(["ret 8192", "ret 2", "in the pool"], "B2: works"),
        ]
    ) { kernel in
        kernel.arrive(2)
        kernel.unbind()
        let received = kernel.receive(2)
        kernel.see(result: received.result)
        guard let frag = received.frags.first else { return }
        kernel.see(result: kernel.giveBack(received.frags))
        kernel.seeBuffer(frag)
    }

    private static let unbindAfterReceive = Scenario(
        "B3", "receive and return, unbind, receive and return the rest, close",
        expect: [.sees(["ret 1", "ret 3", "freed"], "B3: keeps receiving and returning")],
        configure: { $0.deliveryEntries = 1 }
    ) { kernel in
        kernel.arrive(4)
        kernel.see(result: kernel.giveBack(kernel.receive(1).frags))
        kernel.unbind()
        kernel.see(result: kernel.giveBack(kernel.receive(3).frags))
        kernel.closeOwner(of: 0)
        kernel.see(kernel.kernel.binding.isFreed ? "freed" : "not freed")
    }

    private static let badTokenAfterAll = Scenario(
        "B4", "all returned, unbind, then tokens that cannot be",
        expect: [
            .defect(
                "nothing is checked: a token is followed into a binding that is gone", right: ["ret 0", "whole"],
                posted: nil,
                "A7; B4",
                when: { $0.returning != .refillRing && $0.returning != .fillQueue && $0.rules.outOfRange == .oops }),
            .sees(["ret 0", "whole"], "B4: nothing is used after it was freed"),
        ]
    ) { kernel in
        kernel.giveBack([try kernel.one()])
        kernel.unbind()
        kernel.see(
            result: kernel.giveBack([
                TokenRange(token_start: 64, token_count: 1), TokenRange(token_start: .max, token_count: 1),
            ]))
        kernel.see(kernel.pool.isWhole ? "whole" : "not whole")
    }

    private static let leakedTokens = Scenario(
        "B5", "a token is leaked: its socket closes, unbind, the other member closes", keepsTokens: true,
        expect: [
            .defect(
                neverCleansUp, right: ["held", "held", "in the pool"], posted: ["held", "held", "held"], "A15",
                when: { $0.cleanUp == .never }),
            .sees(["held", "in the pool", "in the pool"], "B5 v3..v9: at unbind", when: { $0.cleanUp == .unbind }),
            .sees(
                ["held", "held", "in the pool"], "B5 v10: queues unbound and all sockets closed",
                when: { $0.cleanUp == .lastUser }),
            .sees(["held", "held", "in the pool"], "B5: with the ring set", when: { $0.deliversByRing }),
            .sees(["in the pool", "in the pool", "in the pool"], "B5 on: at socket close"),
        ]
    ) { kernel in
        let frag = try kernel.one(flow: 0)
        kernel.giveBack([try kernel.one(flow: 1)], flow: 1)
        kernel.close(0)
        kernel.seeBuffer(frag)
        kernel.unbind()
        kernel.seeBuffer(frag)
        kernel.tearDown()
        kernel.seeBuffer(frag)
    }

    private static let socketsOfOneBinding = Scenario(
        "B6", "socket 0 closes first, socket 1 returns its tokens",
        expect: [
            .sees(
                ["held", "ret 1", "in the pool"], "B6 off: no association inside one binding",
                when: { $0.returnsOnBinding }),
            .defect(
                "a return that this socket does not hold is counted", right: ["in the pool", "ret 0", "in the pool"],
                posted: ["in the pool", "ret 1", "in the pool"], "A8: incorrect",
                when: { $0.rules.scope == .owner && $0.stray == .underflows }),
            .sees(
                ["in the pool", "ret 0", "in the pool"], "B6 on: a no-op",
                when: {
                    $0.cleanUp == .socketClose && !$0.deliversByRing
                }),
            .sees(
                ["held", "ret 1", "in the pool"], "B6 off: no association inside one binding",
                when: { $0.acceptsOthersTokens }),
            .sees(["held", "ret 0", "held"], "A4: counted per socket; R9"),
        ]
    ) { kernel in
        let frags = try kernel.take(2, flow: 0)
        kernel.giveBack([frags[0]], flow: 0)
        let mine = try kernel.one(flow: 1)
        kernel.close(0)
        kernel.seeBuffer(frags[1])
        // Socket 1 has a token of the same number where each socket counts from 1: another one is returned.
        kernel.see(result: kernel.giveBack([frags[1]], flow: 1))
        kernel.seeBuffer(frags[1])
        kernel.giveBack([mine], flow: 1)
    }

    private static let starvation = Scenario(
        "B7", "one socket keeps every buffer",
        expect: [.sees(["0 for the other", "1 after the return"], "B7: already so in on mode")],
        configure: { $0.niovs = 8 }
    ) { kernel in
        let frags = try kernel.take(8, flow: 0)
        kernel.see("\(kernel.arrive(1, flow: 1)) for the other")
        kernel.giveBack(frags, flow: 0)
        kernel.see("\(kernel.arrive(1, flow: 1)) after the return")
    }

    private static let singleBinding = Scenario(
        "B8", "a socket pinned to a binding gets data of another one",
        expect: [
            .notApplicable("a ring set is over one binding; S14 has its socket", when: { $0.deliversByRing }),
            .sees(["ret 4096", "ret 1", "whole"], "B8 on: no restriction", when: { $0.rules.severalBindings }),
            .sees(["-EFAULT", "ret 1", "whole"], "B8 off: the first receive pins the binding"),
        ]
    ) { kernel in
        let first = try kernel.one()
        let second = try kernel.bindQueue(1)
        kernel.arrive(1, from: second)
        let other = kernel.receive(1)
        kernel.see(result: other.result)
        kernel.see(result: kernel.giveBack([first]))
        kernel.giveBackAll()
        kernel.closeOwner(of: 0)
        kernel.see(kernel.pool.isWhole && second.pool.audit.isWhole ? "whole" : "not whole")
    }

    private static let shrinkingChannels = Scenario(
        "B9", "ethtool takes a bound queue away",
        expect: [.sees(["-EBUSY", "unbound: ret 0", "bound"], "B9; D6d: the single binding cannot be broken so")]
    ) { kernel in
        let second = try kernel.bindQueue(3)
        kernel.see(result: kernel.kernel.device.setChannels(2))
        kernel.unbind(second)
        kernel.see("unbound", result: kernel.kernel.device.setChannels(2))
        _ = kernel.kernel.device.setChannels(4)
        kernel.see(kernel.bindText(queue: 3))
    }

    private static let returnWithoutReceive = Scenario(
        "B10", "SO_DEVMEM_DONTNEED on a socket that never received",
        expect: [
            .notApplicable("tokens do not come back on the socket", when: { $0.returning != .socketOption }),
            .sees(["-EINVAL"], "B10 off, v3 and later", when: { $0.rules.beforeReceive == .invalid }),
            .sees(["ret 0"], "B10 on", when: { $0.rules.beforeReceive == .nothing }),
            .defect("the binding is followed although there is none", right: ["-EINVAL"], posted: nil, "A4, A7"),
        ]
    ) { kernel in
        _ = try kernel.one(flow: 0)
        kernel.see(result: kernel.giveBack([TokenRange(token_start: 0, token_count: 1)], flow: 1))
    }

    private static let invalidInput = Scenario(
        "B11", "no warning for whatever user space sends",
        expect: [
            .defect(
                "nothing is checked: tokens are followed", right: ["no crash", "nothing freed"], posted: nil, "A7; B11",
                when: { $0.returning != .refillRing && $0.rules.outOfRange == .oops }),
            .sees(["no crash", "nothing freed"], "B11: silently skip or return an error"),
        ]
    ) { kernel in
        let frag = try kernel.one()
        let free = kernel.pool.freeBuffers
        for range in [(64, 1), (.max, 1), (.max, 2), (64, 5000), (1 << 31, 1 << 31)] as [(UInt32, UInt32)] {
            guard !(kernel.subject.returnsByRing && !kernel.subject.hasReturnRing && range.1 > 5000) else { continue }
            kernel.giveBack([TokenRange(token_start: range.0, token_count: range.1)])
        }
        kernel.giveBack([TokenRange(token_start: frag.token, token_count: 0)])
        for length in [0, 1, 7, 9, 129 * 8] { _ = kernel.sendBytes(length) }
        kernel.see(kernel.kernel.oopses.all.isEmpty ? "no crash" : "a crash")
        kernel.see(
            kernel.pool.freeBuffers == free && kernel.pool.doubleFrees == 0 ? "nothing freed" : "something freed")
    }

    private static let neverRead = Scenario(
        "B12", "data that is never read, unbind, close", keepsTokens: true,
        expect: [
            .defect(
                neverCleansUp, right: ["whole"], posted: ["not whole"], "A15",
                when: {
                    $0.cleanUp == .never && $0.deliversByRing
                }),
            .sees(["whole"], "B12: freed with the skbs at close"),
        ],
        configure: { $0.deliveryEntries = 1 }
    ) { kernel in
        kernel.arrive(3)
        kernel.unbind()
        kernel.tearDown()
        kernel.see(kernel.pool.isWhole ? "whole" : "not whole")
    }

    private static let transmitBinding = Scenario(
        "B13", "a TX binding decides no RX mode", bare: true,
        expect: [.sees(["TX bound", "RX bound"], "B13: only RX bindings count")]
    ) { kernel in
        var transmit = kernel.request(queue: 0, autorelease: 0)
        transmit.direction = .transmit
        kernel.see("TX \(kernel.bindText(transmit))")
        kernel.see("RX \(kernel.bindText(queue: 0, autorelease: 1))")
    }

    private static let deadBinding = Scenario(
        "B14", "between unbind and free nobody can join",
        expect: [
            .notApplicable(
                "users are not counted: a buffer that is out keeps the binding, and its tokens work",
                when: { !$0.countsUsers }),
            .sees(["freed", "-ENODEV"], "B14: no new ring set on a dying binding", when: { $0.deliversByRing }),
            .sees(["not freed", "-ENODEV", "freed"], "B14: a look-up must fail to take a reference"),
        ]
    ) { kernel in
        kernel.giveBack([try kernel.one(flow: 0)])
        kernel.arrive(1, flow: 1)
        kernel.closeOwner(of: 0)
        if kernel.subject.deliversByRing { kernel.closeOwner(of: 1) }
        kernel.unbind()
        // Otherwise what socket 1 has queued keeps the binding from being freed, and makes the socket no user.
        kernel.see(kernel.kernel.binding.isFreed ? "freed" : "not freed")
        guard !kernel.subject.deliversByRing else {
            kernel.see(kernel.joinText())
            return
        }
        kernel.see(result: kernel.receive(1, flow: 1).result)
        kernel.close(1)
        kernel.see(kernel.kernel.binding.isFreed ? "freed" : "not freed")
    }

    private static let failedBinding = Scenario(
        "B15", "storing a binding fails, then one in the other mode is made", bare: true,
        expect: [.sees(["-ENOMEM", "bound"], "B15: the mode is restored, v10")]
    ) { kernel in
        kernel.kernel.faults.failNext(.bindingAllocation)
        kernel.see(kernel.bindText(queue: 0, autorelease: 1))
        kernel.see(kernel.bindText(queue: 0, autorelease: 0))
    }

    private static let overcommit = Scenario(
        "B16", "tokens that are not returned in time exhaust the dmabuf",
        expect: [.sees(["4 of 16 came", "drop counted", "4 came"], "B16, devmem.rst: packet drops")],
        configure: { $0.niovs = 4 }
    ) { kernel in
        kernel.see("\(kernel.arrive(16)) of 16 came")
        kernel.see(kernel.pool.exhausted > 0 ? "drop counted" : "no drop")
        kernel.giveBack(kernel.receive().frags)
        kernel.see("\(kernel.arrive(4)) came")
    }
}
