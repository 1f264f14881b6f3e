import RingKernelModel

/// A9 to A12: who chooses between the two modes, and when it is locked.
extension Scenario {
    static let modeMechanisms = [
        row(
            "A9", "SO_DEVMEM_AUTORELEASE",
            expect: [
                .sees(
                    [
                        "2048 verified", "ret 0", "set 2: -EINVAL", "set 1: ret 0", "ret 1", "tokens out: -EBUSY",
                        "in the pool",
                    ],
                    "A9, v6: 0 is the default, EBUSY with tokens out, tokens of a socket in mode 1 go with it")
            ]
        ) { kernel in
            let socket = kernel.kernel.open()
            kernel.see(result: kernel.kernel.autorelease(of: socket))
            kernel.see("set 2", result: kernel.kernel.setAutorelease(2, on: socket))
            kernel.see("set 1", result: kernel.kernel.setAutorelease(1, on: socket))
            kernel.see(result: kernel.kernel.autorelease(of: socket))
            let frag = try kernel.one(flow: 2)
            kernel.see("tokens out", result: kernel.kernel.setAutorelease(0, on: socket))
            kernel.close(2)
            kernel.seeBuffer(frag)
        },
        row(
            "A10", "/proc/sys/net/core/devmem_autorelease", bare: true,
            expect: [
                .sees(
                    ["2048 verified", "write 2: -EINVAL", "write 1: ret 0", "in the pool"],
                    "A10, v5: an opt-out for the machine; tokens go with their socket")
            ]
        ) { kernel in
            kernel.see("write 2", result: kernel.kernel.writeSystemControl(2))
            kernel.see("write 1", result: kernel.kernel.writeSystemControl(1))
            try kernel.setUp()
            let frag = try kernel.one()
            kernel.closeOwner(of: 0)
            kernel.seeBuffer(frag)
        },
        row(
            "A11", "the first RX binding locks the mode of the machine until it is freed",
            expect: [
                .sees(
                    [
                        "2048 verified", "other mode: -EBUSY", "unbound: -EBUSY", "freed: bound", "first mode: -EBUSY",
                    ],
                    "A11, v7 to v10: returns when the last binding is freed, not merely unbound")
            ]
        ) { kernel in
            let frag = try kernel.one()
            kernel.see("other mode: \(kernel.bindText(queue: 1, autorelease: 1))")
            kernel.unbind()
            kernel.see("unbound: \(kernel.bindText(queue: 1, autorelease: 1))")
            kernel.giveBack([frag])
            kernel.closeOwner(of: 0)
            kernel.close(1)
            kernel.see("freed: \(kernel.bindText(queue: 1, autorelease: 1))")
            kernel.see("first mode: \(kernel.bindText(queue: 2, autorelease: 0))")
        },
        row(
            "A12", "the first binding decides until the next boot",
            expect: [
                .sees(
                    [
                        "2048 verified", "other mode: -EBUSY", "reset while bound: -EBUSY", "freed: -EBUSY",
                        "reset: ret 0",
                        "other mode: bound",
                    ],
                    "A12: a debugfs file takes it back, not while there are bindings")
            ]
        ) { kernel in
            kernel.see("other mode: \(kernel.bindText(queue: 1, autorelease: 1))")
            kernel.see("reset while bound", result: kernel.kernel.writeSystemControl(1))
            kernel.closeOwner(of: 0)
            kernel.close(1)
            kernel.unbind()
            kernel.see("freed: \(kernel.bindText(queue: 1, autorelease: 1))")
            kernel.see("reset", result: kernel.kernel.writeSystemControl(1))
            kernel.see("other mode: \(kernel.bindText(queue: 1, autorelease: 1))")
        },
    ]
}
