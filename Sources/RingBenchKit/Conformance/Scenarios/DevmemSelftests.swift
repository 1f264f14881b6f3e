import RingKernelModel
import TokenRing

/// The kernel's selftests of devmem TCP that need no hardware: D, V and U of the sources.
extension Scenario {
    static let devmemSelftests = [
        receiveSelftest,
        Scenario("D2", "check_tx", nowhereBecause: transmits),
        Scenario("D3", "check_tx_chunks", nowhereBecause: transmits),
        headerSplitSelftest, largeBufferSelftest, bindSelftest,
        Scenario("D7", "the same through a netkit device", nowhereBecause: "queue leasing is not modelled"),
        modeSelftest("V1", mode: 0), modeSelftest("V2", mode: 1),
        optionSelftest("V3", "default reads 0", ["ret 0"]) { _, _ in },
        optionSelftest("V4", "set 0, read 0", ["ret 0", "ret 0"]) { kernel, socket in
            kernel.see(result: kernel.kernel.setAutorelease(0, on: socket))
        },
        optionSelftest("V5", "set 0, then 1, read 1", ["ret 0", "ret 0", "ret 1"]) { kernel, socket in
            kernel.see(result: kernel.kernel.setAutorelease(0, on: socket))
            kernel.see(result: kernel.kernel.setAutorelease(1, on: socket))
        },
        optionSelftest("V6", "set 2", ["-EINVAL", "ret 0"]) { kernel, socket in
            kernel.see(result: kernel.kernel.setAutorelease(2, on: socket))
        },
        normalUnbindSelftest, beforeReceiveSelftest, afterReceiveSelftest,
    ]

    private static let transmits = "nothing is transmitted in the model; a TX binding has no tokens"

    private static let receiveSelftest = Scenario(
        "D1", "check_rx: 1 KiB, each token returned by itself",
        expect: [
            .sees(["4 tokens, 1024 bytes", "ret 1", "ret 1", "ret 1", "ret 1"], "D1; no wrong byte is tolerated")
        ],
        configure: { $0.fragBytes = 256 }
    ) { kernel in try kernel.checkReceive() }

    private static let headerSplitSelftest = Scenario(
        "D4", "check_rx_hds: payloads of 8 to 8192 bytes, no linear part",
        expect: [
            .sees(["11 payloads, 0 linear bytes"], "D4; the model's streams are words of 8, so 1 byte is left out")
        ],
        configure: { $0.fragBytes = 8 }
    ) { kernel in
        var linear = 0
        var payloads = 0
        var bytes = 8
        while bytes <= 8192 {
            kernel.giveBack(try kernel.take(bytes / 8))
            linear += kernel.userRings(of: 0)?.announced[0] ?? 0
            payloads += 1
            bytes *= 2
        }
        kernel.see("\(payloads) payloads, \(linear) linear bytes")
    }

    private static let largeBufferSelftest = Scenario(
        "D5", "check_rx_large_niov: buffers of 16 KiB, payloads around that",
        expect: [.sees(["6 payloads", "whole"], "D5: payload below, equal and above the niov")],
        configure: {
            $0.niovBytes = 16384
            $0.niovs = 16
            $0.fragBytes = 1024
        }
    ) { kernel in
        var payloads = 0
        for bytes in [1024, 4096, 8192, 16384, 32768, 65536] {
            kernel.giveBack(try kernel.take(bytes / 1024))
            payloads += 1
        }
        kernel.see("\(payloads) payloads")
        kernel.see(kernel.pool.isWhole ? "whole" : "not whole")
    }

    private static let bindSelftest = Scenario(
        "D6", "run_devmem_tests: what bind refuses", bare: true,
        expect: [
            .sees(
                ["no queue: -EINVAL", "no header split: -EINVAL", "bound", "fewer channels: -EBUSY"], "D6 a to d")
        ]
    ) { kernel in
        var request = kernel.request(queue: 3)
        request.queues = []
        kernel.see("no queue: \(kernel.bindText(request))")
        kernel.kernel.device.splitsHeaders = false
        kernel.see("no header split: \(kernel.bindText(queue: 3))")
        kernel.kernel.device.splitsHeaders = true
        kernel.see(kernel.bindText(queue: 3))
        kernel.see("fewer channels", result: kernel.kernel.device.setChannels(2))
    }

    private static func modeSelftest(_ id: String, mode: UInt8) -> Scenario {
        Scenario(
            id, "check_rx with autorelease \(mode)", bare: true,
            expect: [
                .notApplicable("there is one mode", when: { $0.modes?.chooser == .nobody }),
                .sees(["4 tokens, 16384 bytes", "ret 1", "ret 1", "ret 1", "ret 1"], "V1, V2; v8: check_rx -a"),
            ]
        ) { kernel in
            switch kernel.subject.modes?.chooser {
            case .systemControl: _ = kernel.kernel.writeSystemControl(Int(mode))
            default: break
            }
            try kernel.setUp(autorelease: kernel.subject.modes?.chooser == .bind ? mode : nil)
            if kernel.subject.modes?.chooser == .socket {
                _ = kernel.kernel.setAutorelease(Int(mode), on: kernel.kernel.sockets[0])
            }
            try kernel.checkReceive()
        }
    }

    private static func optionSelftest(
        _ id: String, _ name: String, _ steps: [String],
        _ run: @escaping @Sendable (ScenarioKernel, Socket) -> Void
    ) -> Scenario {
        Scenario(
            id, "SO_DEVMEM_AUTORELEASE: \(name)",
            expect: [
                .sees(steps, "\(id), v6", when: { $0.modes?.chooser == .socket }),
                .sees(
                    Array(repeating: "-ENOPROTOOPT", count: steps.count), "A9: an old kernel; the selftest skips"),
            ]
        ) { kernel in
            let socket = kernel.kernel.sockets[0]
            run(kernel, socket)
            kernel.see(result: kernel.kernel.autorelease(of: socket))
        }
    }

    private static let normalUnbindSelftest = Scenario(
        "U0", "unbind after the traffic", expect: [.sees(["2048 verified", "freed"], "U0")]
    ) { kernel in
        kernel.see(try kernel.load(fragments: 2048))
        kernel.unbind()
        kernel.see(kernel.kernel.binding.isFreed ? "freed" : "not freed")
    }

    private static let beforeReceiveSelftest = Scenario(
        "U1", "check_unbind_before_recv",
        expect: [
            .sees(
                ["ret 4096"], "U1: data is still delivered",
                when: { $0.deliversByRing || $0.hasMemberRingSet || !$0.countsUsers }),
            .sees(["-ENODEV"], "U1 off: the clean exit"),
        ]
    ) { kernel in
        kernel.arrive(1)
        kernel.unbind()
        kernel.see(result: kernel.receive(1).result)
    }

    private static let afterReceiveSelftest = Scenario(
        "U2", "check_unbind_after_recv",
        expect: [.sees(["ret 1", "3 more", "ret 3"], "U2: -ENODEV here is a failure")],
        configure: { $0.deliveryEntries = 1 }
    ) { kernel in
        kernel.arrive(4)
        kernel.see(result: kernel.giveBack(kernel.receive(1).frags))
        kernel.unbind()
        let rest = kernel.receive(3).frags
        kernel.see("\(rest.count) more")
        kernel.see(result: kernel.giveBack(rest))
    }
}

extension ScenarioKernel {
    /// Four fragments, each returned by itself; each must count 1.
    fileprivate func checkReceive() throws {
        let frags = try take(4)
        see("\(frags.count) tokens, \(frags.reduce(0) { $0 + Int($1.size) }) bytes")
        for frag in frags { see(result: giveBack([frag])) }
    }
}
