import Glibc
import RingKernelModel
import Testing

/// What recvmsg does with data that is not simply a fragment in a dmabuf; expected values are sources.md 2.1, C3, B8.
@Suite("recvmsg on all kinds of data")
struct ReceiveTests {
    private func arrive(_ model: SteppedKernel, _ frags: Int, linear: Int = 0, _ kind: Frag.Kind = .dmabuf) {
        var arrival = Arrival(frags: frags)
        arrival.linearBytes = linear
        arrival.kind = kind
        _ = model.kernel.softirq(arrival, on: model.kernel.sockets[0], from: model.kernel.binding)
    }

    /// recvmsg with memory for bytes that are not in the dmabuf.
    private func receive(
        _ model: SteppedKernel, length: Int = 65536, memory byteCount: Int = 65536, messages: Int = 64
    ) -> (result: ReceiveResult, frags: [ReceivedFrag], linear: Int, bytes: [UInt8]) {
        var memory = [UInt8](repeating: 0, count: byteCount)
        var control = [UInt64](repeating: 0, count: messages * ControlMessages.space / 8)
        return memory.withUnsafeMutableBytes { memory in
            control.withUnsafeMutableBytes { control in
                let result = model.kernel.recvmsg(
                    on: model.kernel.sockets[0], length: length, control: control,
                    memory: byteCount == 0 ? nil : memory)
                var frags: [ReceivedFrag] = []
                let seen = UnsafeRawBufferPointer(control)
                ControlMessages.forEach(in: seen, length: result.controlBytes) { frags.append($0) }
                return (
                    result, frags, ControlMessages.linearBytes(in: seen, length: result.controlBytes), Array(memory)
                )
            }
        }
    }

    @Test("the linear part is copied and announced by its size alone, before the fragments")
    func linear() throws {
        let model = try SteppedKernel("sockopt-xarray")
        arrive(model, 2, linear: 64)
        let (result, frags, linear, bytes) = receive(model)
        #expect(result.bytes == 64 + 2 * 4096)
        #expect(linear == 64 && frags.count == 2)
        let content = StreamContent(seed: 1, flow: 0)
        bytes.withUnsafeBytes { #expect($0.load(as: UInt64.self) == content.word(0)) }
        #expect(model.dontNeed(tokens: frags.map(\.token)) == 2)
        #expect(model.pool.isWhole)
    }

    @Test("a linear part that cannot be copied is EFAULT, and is still there afterwards")
    func linearFault() throws {
        let model = try SteppedKernel("sockopt-xarray")
        arrive(model, 0, linear: 64)
        #expect(receive(model, memory: 0).result.bytes == -Int(EFAULT))
        model.kernel.faults.failNext(.linearCopy)
        #expect(receive(model).result.bytes == -Int(EFAULT))
        #expect(receive(model).result.bytes == 64)
    }

    @Test("a page that the CPU can read is ENODEV, after what came before it")
    func readable() throws {
        let model = try SteppedKernel("sockopt-xarray")
        arrive(model, 2)
        arrive(model, 1, .readable)
        #expect(receive(model).result.bytes == 2 * 4096, "what was delivered counts, not the error")
        #expect(receive(model).result.bytes == -Int(ENODEV))
    }

    @Test("devmem and normal data are never mixed in one call, and normal data comes without a control message")
    func normal() throws {
        let model = try SteppedKernel("sockopt-xarray")
        arrive(model, 1)
        arrive(model, 1, .normal)
        arrive(model, 1)
        #expect(receive(model).frags.count == 1)
        let normal = receive(model)
        #expect(normal.result.bytes == 4096 && normal.result.controlBytes == 0)
        #expect(receive(model).frags.count == 1)
    }

    @Test("without MSG_SOCK_DEVMEM devmem data is EFAULT and normal data is read")
    func plain() throws {
        let model = try SteppedKernel("sockopt-xarray")
        var memory = [UInt8](repeating: 0, count: 4096)
        arrive(model, 1, .normal)
        arrive(model, 1)
        let socket = model.kernel.sockets[0]
        #expect(memory.withUnsafeMutableBytes { model.kernel.recv(on: socket, into: $0) } == 4096)
        #expect(memory.withUnsafeMutableBytes { model.kernel.recv(on: socket, into: $0) } == -Int(EFAULT))
    }

    @Test("a fragment that does not fit into the length is cut, and the rest comes with a token of its own")
    func cut() throws {
        let model = try SteppedKernel("sockopt-xarray")
        arrive(model, 2)
        let first = receive(model, length: 6000).frags
        let second = receive(model).frags
        #expect(first.map(\.size) == [4096, 1904])
        #expect(second.map(\.size) == [4096 - 1904])
        #expect(second[0].offset == first[1].offset + 1904)
        #expect(model.dontNeed(tokens: first.map(\.token)) == 2)
        #expect(!model.pool.isWhole, "the second token of the cut fragment is out")
        #expect(model.dontNeed(tokens: second.map(\.token)) == 1)
        #expect(model.pool.isWhole)
    }

    @Test("no memory for a token is ENOMEM; nothing is lost, no reservation is left")
    func noMemoryForTokens() throws {
        let model = try SteppedKernel("sockopt-xarray")
        arrive(model, 2)
        model.kernel.faults.failNext(.tokenAllocation)
        #expect(receive(model).result.bytes == -Int(ENOMEM))
        #expect(receive(model).frags.map(\.token) == [1, 2])
    }

    @Test("control space for fewer messages than fragments gives back the reserved identifiers")
    func rollback() throws {
        let model = try SteppedKernel("sockopt-xarray")
        arrive(model, 8)
        #expect(receive(model, messages: 3).frags.map(\.token) == [1, 2, 3])
        #expect(receive(model).frags.map(\.token) == [4, 5, 6, 7, 8])
    }

    @Test("data of a second binding on one socket: the xarray delivers it, the uref says EFAULT")
    func secondBinding() throws {
        for (name, bytes) in [("sockopt-xarray", 4096), ("sockopt-uref", -Int(EFAULT))] {
            let model = try SteppedKernel(name)
            var request = BindRequest()
            request.queues = [1]
            request.dmabufBytes = 16 * 4096
            let other = try model.kernel.bind(request).get()
            arrive(model, 1)
            #expect(receive(model).result.bytes == 4096)
            _ = model.kernel.softirq(Arrival(frags: 1), on: model.kernel.sockets[0], from: other)
            #expect(receive(model).result.bytes == bytes)
            model.tearDown()
            #expect(model.pool.isWhole && other.pool.audit.isWhole)
        }
    }

    @Test("net_iovs of 16 KiB carry fragments below, at and above their size")
    func largeBuffers() throws {
        for fragBytes in [1024, 16384, 32768] {
            let model = try SteppedKernel("sockopt-xarray") {
                $0.niovBytes = 16384
                $0.niovs = 64
                $0.fragBytes = fragBytes
            }
            arrive(model, 4)
            let frags = receive(model, length: 1 << 20).frags
            #expect(frags.map { Int($0.size) } == Array(repeating: min(fragBytes, 16384), count: 4))
            #expect(model.dontNeed(tokens: frags.map(\.token)) == 4)
            #expect(model.pool.isWhole)
        }
    }
}
