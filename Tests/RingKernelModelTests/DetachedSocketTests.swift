import RingKernelModel
import Testing
import TokenRing

/// A socket that was attached to a ring set of one binding, and afterwards receives from another.
@Suite("Detached sockets")
struct DetachedSocketTests {
    @Test(
        "its tokens are those of the binding that it receives from",
        arguments: ["mapped-ring", "mapped-ring-owned", "mapped-ring-xarray"])
    func receivesFromAnotherBinding(_ name: String) throws {
        var configuration = Kernel.Configuration()
        configuration.flows = 1
        configuration.niovs = 16
        let kernel = try Kernel(try #require(Composition.named(name)), configuration)
        let first = kernel.binding
        kernel.closeRings()
        var request = BindRequest()
        request.queues = [1]
        request.dmabufBytes = 16 * Binding.pageBytes
        let second = try kernel.bind(request).get()

        let socket = kernel.sockets[0]
        #expect(kernel.softirq(Arrival(frags: 4), on: socket, from: second).received == 4)
        let control = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 * ControlMessages.space, alignment: 8)
        defer { control.deallocate() }
        let result = kernel.recvmsg(on: socket, length: 65536, control: control)
        #expect(result.bytes == 4 * 4096)
        var tokens: [TokenRange] = []
        ControlMessages.forEach(in: UnsafeRawBufferPointer(control), length: result.controlBytes) {
            tokens.append(TokenRange(token_start: $0.token, token_count: 1))
        }
        #expect(second.pool.audit.freeBuffers == 12)
        #expect(tokens.withUnsafeBytes { kernel.dontNeed(on: socket, $0) } == 4)
        #expect(second.pool.audit.isWhole && first.pool.audit.isWhole)
    }
}
