/// All net_iovs of a binding, and whose they are. Plain pointers: what runs per token must count no references.
struct NetIOVTable {
    let count: Int
    /// Bytes of each: a power of two.
    let bytes: UInt64
    let shift: UInt64
    /// The binding, which keeps the table alive; set as soon as it exists.
    var binding: Unmanaged<Binding>?
    private let niovs: NetIOVPointer
    /// Whether a driver has posted a net_iov and no packet came into it yet. Then the driver has its only pool reference.
    /// Softirq only; beside the net_iovs, as a receive needs no more than this of most of them.
    let isPosted: UnsafeMutablePointer<Bool>

    init(count: Int, bytes: Int, pool: Unmanaged<PagePool>) {
        self.count = count
        self.bytes = UInt64(bytes)
        shift = UInt64(truncatingIfNeeded: bytes.trailingZeroBitCount)
        niovs = .allocate(capacity: count)
        isPosted = .allocate(capacity: count)
        isPosted.initialize(repeating: false, count: count)
        for index in 0..<count {
            (niovs + index).initialize(to: NetIOV(index: NetIOVIndex(index), bytes: bytes, pool: pool))
        }
    }

    /// The last use.
    func destroy() {
        niovs.deinitialize(count: count)
        niovs.deallocate()
        isPosted.deallocate()
    }

    /// Fetches the lines of `most` net_iovs from `index` on, as far as there are so many.
    @inline(__always)
    func prefetch(_ most: UInt32, from index: NetIOVIndex) {
        guard Int(index) < count else { return }
        var next = self[index]
        let end = next + min(Int(most), count &- Int(index))
        while next < end {
            next.prefetch()
            next += 1
        }
    }

    @inline(__always)
    subscript(_ index: NetIOVIndex) -> NetIOVPointer { niovs + Int(index) }
}
