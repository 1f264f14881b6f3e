import Glibc
import RingKernelModel
import Testing
import TokenRing

/// Who selects the mode and when it may change: A9 to A12, S15, B13, B15 and the selftests V3 to V6 of sources.md.
@Suite("Mode selection")
struct ModeTests {
    private func kernel(_ name: String) throws -> Kernel { Kernel(bare: try #require(Composition.named(name))) }

    /// Binds 16 buffers to a queue; the errno when refused.
    private func bind(
        _ kernel: Kernel, queue: Int, autorelease: UInt8?, direction: BindRequest.Direction = .receive
    ) -> Result<Binding, BindRefusal> {
        var request = BindRequest()
        request.queues = [queue]
        request.dmabufBytes = 16 * 4096
        request.autorelease = autorelease
        request.direction = direction
        return kernel.bind(request)
    }

    private func refusal(_ result: Result<Binding, BindRefusal>) -> BindRefusal? {
        if case .failure(let refusal) = result { refusal } else { nil }
    }

    /// One fragment received; its token.
    private func receive(_ kernel: Kernel, on socket: Socket, from binding: Binding) throws -> UInt32 {
        #expect(kernel.softirq(Arrival(frags: 1), on: socket, from: binding).received == 1)
        return try #require(receive(kernel, on: socket))
    }

    private func receive(_ kernel: Kernel, on socket: Socket) -> UInt32? {
        let control = UnsafeMutableRawBufferPointer.allocate(byteCount: ControlMessages.space, alignment: 8)
        defer { control.deallocate() }
        let result = kernel.recvmsg(on: socket, length: 4096, control: control)
        var token: UInt32?
        ControlMessages.forEach(in: UnsafeRawBufferPointer(control), length: result.controlBytes) { token = $0.token }
        return token
    }

    private func dontNeed(_ kernel: Kernel, _ token: UInt32, on socket: Socket) -> Int {
        [TokenRange(token_start: token, token_count: 1)].withUnsafeBytes { kernel.dontNeed(on: socket, $0) }
    }

    // MARK: the netlink attribute, v7 to v10

    @Test("a bind with the other mode is EBUSY for the whole system, and says which mode holds")
    func otherModeIsBusy() throws {
        for (first, second) in [(UInt8(1), UInt8?(0)), (1, nil), (0, 1)] {
            let kernel = try kernel("autorelease-netlink")
            _ = try bind(kernel, queue: 0, autorelease: first).get()
            let refused = refusal(bind(kernel, queue: 1, autorelease: second))
            #expect(refused?.errno == EBUSY)
            #expect(refused?.message == "System already configured with autorelease=\(first)")
            #expect(refusal(bind(kernel, queue: 1, autorelease: first)) == nil, "the same mode is welcome")
        }
        let fresh = try kernel("autorelease-netlink")
        #expect(refusal(bind(fresh, queue: 0, autorelease: 2))?.errno == EINVAL)
    }

    @Test("the proposal's bindings have a mode each")
    func perBinding() throws {
        let kernel = try kernel("mapped-ring")
        let automatic = try bind(kernel, queue: 0, autorelease: 1).get()
        let manual = try bind(kernel, queue: 1, autorelease: 0).get()
        #expect(automatic.cleanUp == .socketClose && manual.cleanUp == .lastUser)
    }

    @Test("the mode is locked in until the last RX binding is freed, not unbound: a token that is out keeps it")
    func lockedUntilFreed() throws {
        let kernel = try kernel("autorelease-netlink")
        let bindings = try (0..<2).map { try bind(kernel, queue: $0, autorelease: 1).get() }
        let socket = kernel.open()
        let token = try receive(kernel, on: socket, from: bindings[0])
        kernel.unbind(bindings[1])
        #expect(refusal(bind(kernel, queue: 2, autorelease: 0))?.errno == EBUSY, "one is bound")
        kernel.unbind(bindings[0])
        #expect(!bindings[0].isFreed)
        #expect(refusal(bind(kernel, queue: 2, autorelease: 0))?.errno == EBUSY, "a token is out")
        #expect(dontNeed(kernel, token, on: socket) == 1)
        #expect(bindings[0].isFreed)
        #expect(refusal(bind(kernel, queue: 2, autorelease: 0)) == nil)
    }

    @Test("in manual mode it is the last user that frees the binding and opens the lock")
    func lastUserOpensLock() throws {
        let kernel = try kernel("autorelease-netlink")
        let binding = try bind(kernel, queue: 0, autorelease: 0).get()
        let socket = kernel.open()
        _ = try receive(kernel, on: socket, from: binding)
        kernel.unbind(binding)
        #expect(refusal(bind(kernel, queue: 1, autorelease: 1))?.errno == EBUSY)
        kernel.close(socket)
        #expect(refusal(bind(kernel, queue: 1, autorelease: 1)) == nil)
    }

    @Test("a TX binding neither sets the mode nor keeps it")
    func transmitDoesNotCount() throws {
        let kernel = try kernel("autorelease-netlink")
        let first = try bind(kernel, queue: 0, autorelease: 1, direction: .transmit).get()
        let receive = try bind(kernel, queue: 0, autorelease: 0).get()
        let second = try bind(kernel, queue: 0, autorelease: 1, direction: .transmit).get()
        kernel.unbind(first)
        #expect(refusal(bind(kernel, queue: 1, autorelease: 1))?.errno == EBUSY, "the RX binding still holds it")
        kernel.unbind(receive)
        #expect(refusal(bind(kernel, queue: 1, autorelease: 1)) == nil, "and only that one")
        kernel.unbind(second)
        #expect(refusal(bind(kernel, queue: 2, autorelease: 0))?.errno == EBUSY)
    }

    @Test(
        "a bind that fails after the mode was set restores it", arguments: ["autorelease-netlink", "autorelease-boot"])
    func failedBindRestores(_ name: String) throws {
        let kernel = try kernel(name)
        kernel.faults.failNext(.bindingAllocation)
        #expect(refusal(bind(kernel, queue: 0, autorelease: 1))?.errno == ENOMEM)
        let binding = try bind(kernel, queue: 0, autorelease: 0).get()
        kernel.faults.failNext(.bindingAllocation)
        #expect(refusal(bind(kernel, queue: 1, autorelease: 0))?.errno == ENOMEM)
        #expect(refusal(bind(kernel, queue: 1, autorelease: 1))?.errno == EBUSY, "the first one still holds it")
        #expect(binding.cleanUp == .lastUser)
    }

    // MARK: the first binding decides for the boot session

    @Test("the first binding decides until boot, and a debugfs file undoes it while nothing is bound")
    func firstBindingForBoot() throws {
        let kernel = try kernel("autorelease-boot")
        let binding = try bind(kernel, queue: 0, autorelease: 1).get()
        #expect(kernel.writeSystemControl(1) == -Int(EBUSY))
        kernel.unbind(binding)
        #expect(refusal(bind(kernel, queue: 1, autorelease: 0))?.errno == EBUSY, "freed, and still decided")
        #expect(kernel.writeSystemControl(1) == 0)
        #expect(refusal(bind(kernel, queue: 1, autorelease: 0)) == nil)
    }

    // MARK: the sysctl, v5

    @Test("the sysctl decides for bindings made after it; 0 and 1 are values")
    func systemControl() throws {
        let kernel = try kernel("autorelease-sysctl")
        let before = try bind(kernel, queue: 0, autorelease: nil).get()
        #expect(kernel.writeSystemControl(2) == -Int(EINVAL))
        #expect(kernel.writeSystemControl(-1) == -Int(EINVAL))
        #expect(kernel.writeSystemControl(1) == 0)
        let after = try bind(kernel, queue: 1, autorelease: nil).get()
        #expect(before.cleanUp == .unbind && after.cleanUp == .socketClose)
        for (binding, isFreed) in [(before, false), (after, true)] {
            let socket = kernel.open()
            _ = try receive(kernel, on: socket, from: binding)
            kernel.close(socket)
            #expect(binding.pool.audit.isWhole == isFreed)
        }
        let other = try self.kernel("sockopt-xarray")
        #expect(other.writeSystemControl(1) == -Int(ENOENT))
    }

    // MARK: the socket option, v6

    @Test("SO_DEVMEM_AUTORELEASE: default 0; 0 and 1 are read back; 2 is EINVAL and changes nothing")
    func socketOption() throws {
        let kernel = try kernel("autorelease-sockopt")
        let socket = kernel.open()
        #expect(kernel.autorelease(of: socket) == 0)
        #expect(kernel.setAutorelease(0, on: socket) == 0)
        #expect(kernel.autorelease(of: socket) == 0)
        #expect(kernel.setAutorelease(1, on: socket) == 0)
        #expect(kernel.autorelease(of: socket) == 1)
        for value in [2, -1, 256] { #expect(kernel.setAutorelease(value, on: socket) == -Int(EINVAL)) }
        #expect(kernel.autorelease(of: socket) == 1)
        #expect(kernel.autorelease(of: kernel.open()) == 0, "each socket has its own")
    }

    @Test("where there is no such option it is ENOPROTOOPT", arguments: ["sockopt-xarray", "autorelease-netlink"])
    func noSuchOption(_ name: String) throws {
        let kernel = try kernel(name)
        let socket = kernel.open()
        #expect(kernel.autorelease(of: socket) == -Int(ENOPROTOOPT))
        #expect(kernel.setAutorelease(1, on: socket) == -Int(ENOPROTOOPT))
    }

    @Test("the mode cannot change while tokens are out, and can when all are back")
    func busyWithTokensOut() throws {
        let kernel = try kernel("autorelease-sockopt")
        let binding = try bind(kernel, queue: 0, autorelease: nil).get()
        let socket = kernel.open()
        for mode in [1, 0, 1] {
            let token = try receive(kernel, on: socket, from: binding)
            #expect(kernel.setAutorelease(mode, on: socket) == -Int(EBUSY))
            #expect(dontNeed(kernel, token, on: socket) == 1)
            #expect(kernel.setAutorelease(mode, on: socket) == 0)
        }
        #expect(binding.pool.audit.isWhole)
    }

    @Test("closing releases the tokens of a socket that chose 1; those of one that chose 0 wait for the unbind")
    func closeByMode() throws {
        let kernel = try kernel("autorelease-sockopt")
        let binding = try bind(kernel, queue: 0, autorelease: nil).get()
        let sockets = (0..<2).map { _ in kernel.open() }
        #expect(kernel.setAutorelease(1, on: sockets[1]) == 0)
        for socket in sockets { _ = try receive(kernel, on: socket, from: binding) }
        kernel.close(sockets[1])
        #expect(binding.pool.audit.freeBuffers == 15)
        kernel.close(sockets[0])
        #expect(binding.pool.audit.freeBuffers == 15)
        kernel.unbind(binding)
        #expect(binding.isFreed)
    }

    @Test("in automatic mode a socket may have several bindings, in manual mode one (v6)")
    func severalBindings() throws {
        let kernel = try kernel("autorelease-sockopt")
        let bindings = try (0..<2).map { try bind(kernel, queue: $0, autorelease: nil).get() }
        for (mode, works) in [(0, false), (1, true)] {
            let socket = kernel.open()
            #expect(kernel.setAutorelease(mode, on: socket) == 0)
            _ = try receive(kernel, on: socket, from: bindings[0])
            #expect(kernel.softirq(Arrival(frags: 1), on: socket, from: bindings[1]).received == 1)
            #expect((receive(kernel, on: socket) != nil) == works)
        }
    }
}
