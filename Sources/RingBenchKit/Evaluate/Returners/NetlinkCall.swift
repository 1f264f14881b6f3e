import RingKernelModel
import TokenRing

/// A message on the binding's netlink socket (sources.md A18). The message is made once; a release puts its ranges into it.
struct NetlinkCall: ReturnCall, ~Copyable {
    private let kernel: Unmanaged<Kernel>
    private let binding: Unmanaged<Binding>
    private let crossing: Crossing
    private var message: UnsafeMutableRawBufferPointer
    private var rangesBytes: Int

    /// `kernel` and `binding` must outlive it. `batch` is how many tokens most messages carry.
    init(kernel: Kernel, binding: Binding, batch: Int, crossing: Crossing) {
        self.kernel = .passUnretained(kernel)
        self.binding = .passUnretained(binding)
        self.crossing = crossing
        rangesBytes = batch * MemoryLayout<TokenRange>.stride
        message = Self.message(rangesBytes)
    }

    deinit { message.deallocate() }

    @inline(__always)
    mutating func release(_ ranges: UnsafeRawBufferPointer, lane: Int) -> (released: Int, copiedBytes: Int) {
        // Another size: the last, short batch, or the rest of one that is larger than a message.
        if ranges.count != rangesBytes { remake(ranges.count) }
        message.baseAddress.unsafelyUnwrapped.advanced(by: message.count &- ranges.count).copyMemory(
            from: ranges.baseAddress.unsafelyUnwrapped, byteCount: ranges.count)
        crossing.netlinkRoundTrip()
        let released = kernel._withUnsafeGuaranteedRef { kernel in
            binding._withUnsafeGuaranteedRef { kernel.netlinkRelease(on: $0, UnsafeRawBufferPointer(message)) }
        }
        return (released, message.count)
    }

    @inline(never)
    private mutating func remake(_ bytes: Int) {
        message.deallocate()
        rangesBytes = bytes
        message = Self.message(bytes)
    }

    /// A message with ranges of `bytes` bytes at its end.
    private static func message(_ bytes: Int) -> UnsafeMutableRawBufferPointer {
        let ranges = [UInt8](repeating: 0, count: bytes)
        let made = ranges.withUnsafeBytes { Kernel.netlinkMessage($0) }
        let message = UnsafeMutableRawBufferPointer.allocate(byteCount: made.count, alignment: 8)
        message.copyBytes(from: made)
        return message
    }
}
