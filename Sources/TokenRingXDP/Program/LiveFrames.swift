import CXDP
import TokenRing

/// Packets that the kernel itself makes and sends through an XDP program, with no wire
/// (`BPF_PROG_TEST_RUN` with `BPF_F_TEST_XDP_LIVE_FRAMES`, Linux 5.18).
///
/// The packets take the way that a driver's packets take from the XDP program on. The calling CPU does the work.
public struct LiveFrames: Sendable {
    private let program: CInt
    private let interfaceIndex: UInt32
    private let queue: UInt32

    /// Frames that seem to come from `queue` of `interface` and run through `program`, which must outlive this.
    public init(through program: RedirectProgram, from interface: NetworkInterface, queue: UInt32) {
        self.program = program.descriptor
        interfaceIndex = interface.index
        self.queue = queue
    }

    /// Sends `count` copies of one packet, from the network namespace of the interface. Block signals in the calling thread:
    /// a signal ends the run and the kernel does not say how many were sent.
    ///
    /// - Returns: 0 when all `count` were sent, or -errno.
    public func send(_ packet: UnsafeRawBufferPointer, count: Int32) -> CInt {
        var context = xdp_md()
        context.data_end = UInt32(packet.count)
        context.ingress_ifindex = interfaceIndex
        context.rx_queue_index = queue
        return withUnsafeMutablePointer(to: &context) { context in
            var options = bpf_test_run_opts()
            options.sz = MemoryLayout<bpf_test_run_opts>.size
            options.data_in = packet.baseAddress
            options.data_size_in = UInt32(packet.count)
            options.ctx_in = UnsafeRawPointer(context)
            options.ctx_size_in = UInt32(MemoryLayout<xdp_md>.size)
            options.repeat = count
            // BPF_F_TEST_XDP_LIVE_FRAMES
            options.flags = 1 << 1
            // TEST_XDP_MAX_BATCH: RX is published and the receiver woken once a batch.
            options.batch_size = 256
            return bpf_prog_test_run_opts(program, &options)
        }
    }
}
