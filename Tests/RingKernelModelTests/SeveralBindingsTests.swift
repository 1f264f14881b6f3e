import Glibc
import RingKernelModel
import Testing
import TokenRing

/// One socket that receives from several bindings: S14 and B8, and the two ways to say which binding a token is of (A16, A17).
@Suite("Several bindings on one socket")
struct SeveralBindingsTests {
    /// A kernel with bindings of 16 buffers, each on a queue of its own, and a socket.
    private struct Model {
        let kernel: Kernel
        let socket: Socket
        let bindings: [Binding]

        init(_ name: String, bindings count: Int) throws {
            let kernel = Kernel(bare: try #require(Composition.named(name)))
            #expect(kernel.device.setChannels(count) == 0)
            bindings = try (0..<count).map { queue in
                var request = BindRequest()
                request.queues = [queue]
                request.dmabufBytes = 16 * 4096
                return try kernel.bind(request).get()
            }
            self.kernel = kernel
            socket = kernel.open()
        }

        /// One fragment of that binding, received: its token and `dmabuf_id`, or -errno.
        func receive(from binding: Binding, on socket: Socket? = nil) -> Result<(token: UInt32, id: UInt32), Refused> {
            let socket = socket ?? self.socket
            #expect(kernel.softirq(Arrival(frags: 1), on: socket, from: binding).received == 1)
            let control = UnsafeMutableRawBufferPointer.allocate(byteCount: ControlMessages.space, alignment: 8)
            defer { control.deallocate() }
            let result = kernel.recvmsg(on: socket, length: 4096, control: control)
            guard result.bytes > 0 else { return .failure(Refused(result: result.bytes)) }
            var token: UInt32 = 0
            ControlMessages.forEach(in: UnsafeRawBufferPointer(control), length: result.controlBytes) {
                token = $0.token
            }
            return .success((token, ControlMessages.dmabufID(in: UnsafeRawBufferPointer(control), at: 0)))
        }

        func dontNeed(_ token: UInt32, _ count: UInt32 = 1) -> Int {
            let ranges = [TokenRange(token_start: token, token_count: count)]
            return ranges.withUnsafeBytes { kernel.dontNeed(on: socket, $0) }
        }

        func dontNeedV2(_ ranges: [BindingTokenRange], on socket: Socket? = nil) -> Int {
            ranges.withUnsafeBytes { kernel.dontNeedV2(on: socket ?? self.socket, $0) }
        }

        struct Refused: Error { let result: Int }
    }

    @Test(
        "a socket of a mechanism whose tokens name no binding cannot have a second one",
        arguments: ["sockopt-uref", "sockopt-uref-socket", "sockopt-rcu", "sockopt-plain"])
    func secondBindingIsRefused(_ name: String) throws {
        let model = try Model(name, bindings: 2)
        _ = try model.receive(from: model.bindings[0]).get()
        #expect(throws: Model.Refused.self) { try model.receive(from: model.bindings[1]).get() }
        if case .failure(let refused) = model.receive(from: model.bindings[1]) {
            #expect(refused.result == -Int(EFAULT))
        }
    }

    @Test("tokens of 32 bindings go back to their own, and closing frees what is left", arguments: ["xarray", "hash"])
    func identifiersNameBuffers(_ kind: String) throws {
        let model = try Model("sockopt-\(kind)", bindings: 32)
        let tokens = try model.bindings.map { try model.receive(from: $0).get().token }
        #expect(Set(tokens).count == 32)
        #expect(model.dontNeed(tokens[7]) == 1)
        #expect(model.bindings[7].pool.audit.isWhole && !model.bindings[8].pool.audit.isWhole)
        model.kernel.close(model.socket)
        #expect(model.bindings.filter { !$0.pool.audit.isWhole }.isEmpty)
    }

    @Test("5 bits of a token are the binding: 32 work, the 33rd is EFAULT until the socket closes")
    func bindingIndex() throws {
        let model = try Model("sockopt-binding-index", bindings: 33)
        let tokens = try model.bindings.prefix(32).map { try model.receive(from: $0).get().token }
        #expect(tokens.map { $0 >> 27 } == Array(0..<32))
        for (token, binding) in zip(tokens, model.bindings) {
            #expect(!binding.pool.audit.isWhole)
            #expect(model.dontNeed(token) == 1)
            #expect(binding.pool.audit.isWhole)
        }
        guard case .failure(let refused) = model.receive(from: model.bindings[32]) else {
            Issue.record("the 33rd binding was accepted")
            return
        }
        #expect(refused.result == -Int(EFAULT))
        let other = model.kernel.open()
        #expect(try model.receive(from: model.bindings[32], on: other).get().token >> 27 == 0, "its own table")
    }

    @Test("a range that leaves its binding does not run into the next one, and an unused index is out of range")
    func rangeStaysInBinding() throws {
        let model = try Model("sockopt-binding-index", bindings: 2)
        let first = try model.receive(from: model.bindings[0]).get().token
        _ = try model.receive(from: model.bindings[1]).get()
        #expect(model.dontNeed(first, .max) == 1)
        #expect(model.bindings[0].pool.audit.isWhole && !model.bindings[1].pool.audit.isWhole)
        let before = model.kernel.refusals
        #expect(model.dontNeed(2 << 27 | first & 0xf) == 0)
        #expect(model.kernel.refusals.outOfRange == before.outOfRange + 1)
    }

    @Test("with the id beside them tokens of several bindings go back to their own")
    func tokenV2() throws {
        let model = try Model("sockopt-token-v2", bindings: 3)
        let held = try model.bindings.map { try model.receive(from: $0).get() }
        #expect(held.map(\.id) == model.bindings.map(\.id))
        #expect(Set(held.map(\.token)).count == 1, "the token alone does not say which")
        #expect(model.dontNeed(held[0].token) == -Int(EINVAL))
        for (frag, binding) in zip(held, model.bindings) {
            #expect(!binding.pool.audit.isWhole)
            #expect(model.dontNeedV2([BindingTokenRange(start: frag.token, count: 1, binding: frag.id)]) == 1)
            #expect(binding.pool.audit.isWhole)
        }
    }

    @Test("another program's binding cannot be named, even with the right id")
    func guessedBinding() throws {
        let model = try Model("sockopt-token-v2", bindings: 2)
        let other = model.kernel.open()
        let held = try model.receive(from: model.bindings[1], on: other).get()
        _ = try model.receive(from: model.bindings[0]).get()
        #expect(model.dontNeedV2([BindingTokenRange(start: held.token, count: 1, binding: held.id)]) == 0)
        #expect(model.kernel.refusals.outOfRange == 1)
        #expect(!model.bindings[1].pool.audit.isWhole)
    }

    @Test("SO_DEVMEM_DONTNEED_V2: its errors, and an error takes nothing back")
    func tokenV2Errors() throws {
        let model = try Model("sockopt-token-v2", bindings: 1)
        let id = model.bindings[0].id
        #expect(
            model.dontNeedV2([BindingTokenRange(start: 0, count: 1, binding: id)]) == -Int(EINVAL), "no receive yet")
        let token = try model.receive(from: model.bindings[0]).get().token
        let good = BindingTokenRange(start: token, count: 1, binding: id)
        var reserved = good
        reserved.reserved = 1
        #expect(model.dontNeedV2([good, reserved]) == -Int(EINVAL))
        #expect(model.dontNeedV2(Array(repeating: good, count: 129)) == -Int(EINVAL))
        let half = [UInt8](repeating: 0, count: 24)
        #expect(half.withUnsafeBytes { model.kernel.dontNeedV2(on: model.socket, $0) } == -Int(EINVAL))
        model.kernel.faults.failNext(.copyFromUser)
        #expect(model.dontNeedV2([good]) == -Int(EFAULT))
        #expect(!model.bindings[0].pool.audit.isWhole)
        #expect(model.dontNeedV2(Array(repeating: good, count: 128)) == 1)
        #expect(model.kernel.refusals.notHeld == 127)
        let xarray = try Model("sockopt-xarray", bindings: 1)
        #expect(xarray.dontNeedV2([good]) == -Int(ENOPROTOOPT))
    }
}
