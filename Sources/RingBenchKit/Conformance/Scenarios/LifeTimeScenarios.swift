import RingKernelModel
import TokenRing

/// What close and unbind do to tokens that are out: S10 to S15.
extension Scenario {
    static let lifeTime = [
        closeWithTokens, unbindThenReceive, receiveAroundUnbind, badReturnAfterUnbind, secondBinding, otherMode,
    ]

    static let neverCleansUp =
        "the kernel never cleans up: tokens that user space kept hold their buffers, and the binding, for ever"
    static let putAtUnbind =
        "unbind takes back what user space still reads, and not what it receives afterwards"

    private static let closeWithTokens = Scenario(
        "S10", "close with tokens out, then close everything", keepsTokens: true,
        expect: [
            .sees(["in the pool", "in the pool"], "1D S10: all freed", when: { $0.cleanUp == .socketClose }),
            .sees(["in the pool", "in the pool"], "1D S10: per binding attribute", when: { $0.cleanUp == .ringClose }),
            .sees(["held", "in the pool"], "1D S10: kept until users is 0", when: { $0.cleanUp == .lastUser }),
            .sees(
                ["held", "in the pool"], "A9, v6: only released when the dmabuf is unbound",
                when: { $0.cleanUp == .unbind }),
            .defect(neverCleansUp, right: ["held", "in the pool"], posted: ["held", "held"], "A15"),
        ]
    ) { kernel in
        let frag = try kernel.one()
        kernel.closeOwner(of: 0)
        kernel.seeBuffer(frag)
        kernel.tearDown()
        kernel.seeBuffer(frag)
    }

    private static let unbindThenReceive = Scenario(
        "S11", "data is queued, unbind, then the first receive",
        expect: [
            .sees(
                ["ret 4096", "ret 4096"], "1D S11: drained, the ring set is a member", when: { $0.hasMemberRingSet }),
            .sees(["ret 4096", "ret 4096"], "1D S11: it is in the ring already", when: { $0.deliversByRing }),
            .sees(["-ENODEV", "-ENODEV"], "1D S11: users is 0", when: { $0.countsUsers }),
            .sees(["ret 4096", "ret 4096"], "1D S11: works"),
        ],
        configure: { $0.deliveryEntries = 1 }
    ) { kernel in
        kernel.arrive(2)
        kernel.unbind()
        kernel.see(result: kernel.receive(1).result)
        kernel.see(result: kernel.receive(1).result)
    }

    private static let receiveAroundUnbind = Scenario(
        "S12", "receive, unbind, receive, return both",
        expect: [
            .defect(
                putAtUnbind, right: ["ret 4096", "held", "ret 4096", "ret 2"],
                posted: ["ret 4096", "in the pool", "ret 4096", "ret 1"], "A14",
                when: { $0.cleanUp == .unbind && $0.stray == .refused }),
            .defect(
                putAtUnbind, right: ["ret 4096", "held", "ret 4096", "ret 2"],
                posted: ["ret 4096", "in the pool", "ret 4096", "ret 2"], "A14", when: { $0.cleanUp == .unbind }),
            .sees(["ret 4096", "held", "ret 4096", "ret 2"], "1D S12: works"),
        ],
        configure: { $0.deliveryEntries = 1 }
    ) { kernel in
        kernel.arrive(2)
        let first = kernel.receive(1)
        kernel.see(result: first.result)
        kernel.unbind()
        if let frag = first.frags.first { kernel.seeBuffer(frag) }
        let second = kernel.receive(1)
        kernel.see(result: second.result)
        kernel.see(result: kernel.giveBack(first.frags + second.frags))
    }

    private static let badReturnAfterUnbind = Scenario(
        "S13", "all returned, unbind, then return once more",
        expect: [
            .sees(["ret 1", "ret 0"], "1D S13: ret 0, skipped, rejected", when: { $0.stray == .refused }),
            .defect(
                "a stray return is counted as good", right: ["ret 1", "ret 0"], posted: ["ret 1", "ret 1"],
                "0.3a; A7; B4: v8 made the socket hold the binding, so nothing is used after it was freed"),
        ]
    ) { kernel in
        let frag = try kernel.one()
        kernel.see(result: kernel.giveBack([frag]))
        kernel.unbind()
        kernel.see(result: kernel.giveBack([frag]))
    }

    private static let secondBinding = Scenario(
        "S14", "data of a second binding on one socket",
        expect: [
            .notApplicable(
                "the sources do not say what a second area or context does to a socket",
                when: { $0.returning == .refillRing || $0.returning == .fillQueue }),
            .sees(
                ["ret 0", "-EFAULT", "in the pool"],
                "R9, uapi.md 4: a ring belongs to one binding, and the data waits in the socket",
                when: { $0.deliversByRing }),
            .sees(["ret 4096", "ret 4096", "in the pool"], "1D S14: works", when: { $0.rules.severalBindings }),
            .sees(["-EFAULT", "-EFAULT", "in the pool"], "1D S14: recvmsg -EFAULT, B8"),
        ]
    ) { kernel in
        let first = try kernel.one()
        let second = try kernel.bindQueue(1)
        kernel.arrive(2, from: second)
        kernel.see(result: kernel.receive(1).result)
        kernel.see(
            result: kernel.subject.deliversByRing
                ? kernel.receiveMessageOnSocket(0) : kernel.receive(1).result)
        kernel.giveBack([first])
        kernel.seeBuffer(first)
    }

    private static let otherMode = Scenario(
        "S15", "bind a second queue in the other mode", bare: true,
        expect: [
            .notApplicable("there is one mode", when: { $0.modes?.chooser == .nobody }),
            .notApplicable("sockets choose, not bindings", when: { $0.modes?.chooser == .socket }),
            .sees(
                ["bound", "bound"], "A10: system-wide, and read when a binding is made",
                when: { $0.modes?.chooser == .systemControl }),
            .sees(["bound", "-EBUSY"], "1D S15: -EBUSY system-wide", when: { $0.modes?.isSystemWide == true }),
            .sees(["bound", "bound"], "1D S15: allowed (per binding)", when: { $0.modes?.isSystemWide == false }),
        ]
    ) { kernel in
        _ = kernel.kernel.writeSystemControl(0)
        kernel.see(kernel.bindText(queue: 0, autorelease: 0))
        _ = kernel.kernel.writeSystemControl(1)
        kernel.see(kernel.bindText(queue: 1, autorelease: 1))
    }
}
