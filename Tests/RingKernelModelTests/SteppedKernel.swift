import RingKernelModel
import Testing
import TokenRing

/// A kernel of one proposal that a test drives step by step, and what an application would do around it.
struct SteppedKernel {
    let kernel: Kernel

    init(_ name: String, change: (inout Kernel.Configuration) -> Void = { _ in }) throws {
        var configuration = Kernel.Configuration()
        configuration.niovs = 1024
        change(&configuration)
        kernel = try Kernel(try #require(Composition.named(name)), configuration)
    }

    /// Puts `count` fragments into a socket's queue.
    func arrive(_ count: Int, flow: Int = 0) {
        var left = count
        while left > 0 {
            let moved = kernel.softirq(flow: flow, burst: min(left, 16)).received
            guard moved > 0 else { return }
            left -= moved
        }
    }

    /// recvmsg with room for `messages` control messages.
    func receive(flow: Int = 0, length: Int = 65536, messages: Int = 64) -> (
        result: ReceiveResult, frags: [ReceivedFrag]
    ) {
        let control = UnsafeMutableRawBufferPointer.allocate(byteCount: messages * ControlMessages.space, alignment: 8)
        defer { control.deallocate() }
        let result = kernel.recvmsg(on: flow, length: length, control: control)
        var frags: [ReceivedFrag] = []
        ControlMessages.forEach(in: UnsafeRawBufferPointer(control), length: result.controlBytes) { frags.append($0) }
        return (result, frags)
    }

    /// SO_DEVMEM_DONTNEED with these ranges.
    @discardableResult
    func dontNeed(_ ranges: [TokenRange], flow: Int = 0) -> Int {
        ranges.withUnsafeBytes { kernel.dontNeed(on: flow, $0) }
    }

    /// SO_DEVMEM_DONTNEED with these tokens, each a range of its own.
    @discardableResult
    func dontNeed(tokens: [UInt32], flow: Int = 0) -> Int {
        dontNeed(tokens.map { TokenRange(token_start: $0, token_count: 1) }, flow: flow)
    }

    var pool: PagePool.Audit { kernel.binding.pool.audit }

    /// Closes everything in the usual order.
    func tearDown() {
        kernel.closeRings()
        for flow in kernel.sockets.indices { kernel.close(flow) }
        kernel.unbind(kernel.binding)
    }
}
