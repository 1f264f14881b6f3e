import CTokenRing
import RingKernelModel

/// `recvmsg(MSG_SOCK_DEVMEM)` and its control messages; a lane is a socket.
struct MessageSource: FragmentSource, ~Copyable {
    private let kernel: Unmanaged<Kernel>
    private let sockets: UnsafeMutablePointer<Unmanaged<Socket>>
    private let cookies: UnsafeMutablePointer<UInt64>
    private let control: UnsafeMutableRawBufferPointer
    private let readBytes: Int
    private let crossing: Crossing
    private let checker: Unmanaged<StreamChecker>
    let lanes: Int

    /// `kernel`, `sockets` and `checker` must outlive it.
    init(kernel: Kernel, sockets: [Socket], load: Load, crossing: Crossing, checker: StreamChecker) {
        self.kernel = .passUnretained(kernel)
        self.checker = .passUnretained(checker)
        self.crossing = crossing
        // Whole fragments: one that a read cuts in two has a token for each piece.
        readBytes = load.fragsPerRead * load.fragBytes
        lanes = sockets.count
        control = .allocate(byteCount: load.fragsPerRead * ControlMessages.space, alignment: 8)
        self.sockets = .allocate(capacity: sockets.count)
        cookies = .allocate(capacity: sockets.count)
        for (lane, socket) in sockets.enumerated() {
            (self.sockets + lane).initialize(to: .passUnretained(socket))
            (cookies + lane).initialize(to: socket.cookie)
        }
    }

    deinit {
        control.deallocate()
        sockets.deallocate()
        cookies.deallocate()
    }

    @inline(__always)
    mutating func look(
        at lane: Int, into batch: borrowing FragmentBatch, _ meter: inout CostMeter, _ costs: inout ConsumerCosts
    ) -> Int {
        let result = kernel._withUnsafeGuaranteedRef { kernel in
            sockets[lane]._withUnsafeGuaranteedRef { kernel.recvmsg(on: $0, length: readBytes, control: control) }
        }
        guard result.bytes > 0 else { return 0 }
        crossing.receive(messages: result.controlBytes / ControlMessages.space)
        costs.receiveCalls &+= 1
        costs.copiedBytes &+= result.controlBytes
        let start = CostMeter.start()
        var count = 0
        ControlMessages.forEach(in: UnsafeRawBufferPointer(control), length: result.controlBytes) { frag in
            batch.frags[count] = frag
            count &+= 1
        }
        meter.add(since: start, tokens: count)
        for position in 0..<count { batch.flows[position] = cookies[lane] }
        checker._withUnsafeGuaranteedRef { $0.place(batch, count) }
        return count
    }
}
