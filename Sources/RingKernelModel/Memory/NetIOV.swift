import Synchronization

/// Index of a net_iov in its binding; its byte offset in the dmabuf is the index times the binding's niov size.
public typealias NetIOVIndex = UInt32

/// `struct net_iov` as far as tokens need it, on a cache line of its own as in the kernel.
struct NetIOV: ~Copyable {
    /// `pp_ref_count`: who keeps the buffer from being recycled. The skb holds one, user space's tokens hold others.
    let poolReferences = Atomic<Int>(0)
    /// `uref` of the v3 to v10 series: tokens of this buffer that user space holds.
    let userReferences = Atomic<Int32>(0)
    /// Whether the page pool has it. Only the model has this, to catch a buffer freed twice.
    let isFree = Atomic<Bool>(true)
    private let padding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
}

/// All net_iovs of a binding.
final class NetIOVTable: @unchecked Sendable {
    let count: Int
    private let niovs: UnsafeMutablePointer<NetIOV>

    init(count: Int) {
        self.count = count
        niovs = .allocate(capacity: count)
        for index in 0..<count { (niovs + index).initialize(to: NetIOV()) }
    }

    deinit {
        niovs.deinitialize(count: count)
        niovs.deallocate()
    }

    @inline(__always)
    subscript(_ index: NetIOVIndex) -> UnsafeMutablePointer<NetIOV> { niovs + Int(index) }
}
