import CTokenRing
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
    /// Where in the binding.
    let index: NetIOVIndex
    /// Byte offset in the dmabuf.
    let dmabufOffset: UInt64
    /// Who gets it back. The binding keeps both alive.
    let pool: Unmanaged<PagePool>
    private let padding: (UInt64, UInt64, UInt64) = (0, 0, 0)

    init(index: NetIOVIndex, bytes: Int, pool: Unmanaged<PagePool>) {
        self.index = index
        dmabufOffset = UInt64(index) * UInt64(bytes)
        self.pool = pool
    }
}

/// A net_iov as the kernel passes it around: `netmem_ref`.
typealias NetIOVPointer = UnsafeMutablePointer<NetIOV>

extension UnsafeMutablePointer where Pointee == NetIOV {
    /// Fetches its line, which a whole batch is about to change.
    @inline(__always)
    func prefetch() { ctr_prefetch_to_write(self) }

    /// Takes a pool reference.
    @inline(__always)
    func hold(_ count: Int = 1) { pointee.poolReferences.wrappingAdd(count, ordering: .relaxed) }

    /// Drops a pool reference if it is the only one; then the caller recycles the buffer.
    ///
    /// Who holds the only reference needs no atomic subtraction: nobody else can take or drop one (`page_pool_unref_netmem` in
    /// include/net/page_pool/helpers.h).
    @inline(__always)
    func dropOnly() -> Bool {
        guard pointee.poolReferences.load(ordering: .acquiring) == 1 else { return false }
        pointee.poolReferences.store(0, ordering: .relaxed)
        return true
    }

    /// Drops a pool reference; the last one recycles the buffer, straight into the cache when `inSoftirq`.
    @inline(__always)
    func drop(inSoftirq: Bool) {
        if dropOnly() {
            pointee.pool._withUnsafeGuaranteedRef { $0.recycle(self, inSoftirq: inSoftirq) }
            return
        }
        let left = pointee.poolReferences.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
        guard left <= 0 else { return }
        pointee.pool._withUnsafeGuaranteedRef {
            if left == 0 { $0.recycle(self, inSoftirq: inSoftirq) } else { $0.countDoubleFree() }
        }
    }
}
