import RingKernelModel

/// `setsockopt(SO_DEVMEM_DONTNEED)`; a lane's tokens go back on its socket, or on one of its ring set's sockets.
struct SocketOptionCall: ReturnCall, ~Copyable {
    private let kernel: Unmanaged<Kernel>
    private let sockets: UnsafeMutablePointer<Unmanaged<Socket>>
    private let crossing: Crossing

    /// `sockets` has one for each lane; they and `kernel` must outlive it.
    init(kernel: Kernel, sockets: [Socket], crossing: Crossing) {
        self.kernel = .passUnretained(kernel)
        self.crossing = crossing
        self.sockets = .allocate(capacity: sockets.count)
        for (lane, socket) in sockets.enumerated() { (self.sockets + lane).initialize(to: .passUnretained(socket)) }
    }

    deinit { sockets.deallocate() }

    @inline(__always)
    mutating func release(_ ranges: UnsafeRawBufferPointer, lane: Int) -> (released: Int, copiedBytes: Int) {
        crossing.dontNeed()
        let released = kernel._withUnsafeGuaranteedRef { kernel in
            sockets[lane]._withUnsafeGuaranteedRef { kernel.dontNeed(on: $0, ranges) }
        }
        return (released, ranges.count)
    }
}
