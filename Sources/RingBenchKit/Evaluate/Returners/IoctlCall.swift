import RingKernelModel

/// A call on the binding's descriptor (sources.md A19), with the array that SO_DEVMEM_DONTNEED takes.
struct IoctlCall: ReturnCall, ~Copyable {
    private let kernel: Unmanaged<Kernel>
    private let binding: Unmanaged<Binding>
    private let crossing: Crossing

    /// `kernel` and `binding` must outlive it.
    init(kernel: Kernel, binding: Binding, crossing: Crossing) {
        self.kernel = .passUnretained(kernel)
        self.binding = .passUnretained(binding)
        self.crossing = crossing
    }

    @inline(__always)
    mutating func release(_ ranges: UnsafeRawBufferPointer, lane: Int) -> (released: Int, copiedBytes: Int) {
        crossing.ioctl()
        let released = kernel._withUnsafeGuaranteedRef { kernel in
            binding._withUnsafeGuaranteedRef { kernel.ioctlRelease(on: $0, ranges) }
        }
        return (released, ranges.count)
    }
}
