/// All net_iovs of a binding, and whose they are. Plain pointers: what runs per token must count no references.
struct NetIOVTable {
    let count: Int
    /// The binding, which keeps the table alive; set as soon as it exists.
    var binding: Unmanaged<Binding>?
    private let niovs: NetIOVPointer

    init(count: Int, bytes: Int, pool: Unmanaged<PagePool>) {
        self.count = count
        niovs = .allocate(capacity: count)
        for index in 0..<count {
            (niovs + index).initialize(to: NetIOV(index: NetIOVIndex(index), bytes: bytes, pool: pool))
        }
    }

    /// The last use.
    func destroy() {
        niovs.deinitialize(count: count)
        niovs.deallocate()
    }

    /// Lines that are fetched ahead of a walk.
    static let ahead: UInt32 = 8

    /// Fetches the lines of up to `ahead` net_iovs from `index` on, as many of them as there are.
    @inline(__always)
    func prefetch(from index: NetIOVIndex, _ most: UInt32 = ahead) {
        let end = min(UInt64(index) + UInt64(min(most, Self.ahead)), UInt64(count))
        var next = UInt64(index)
        while next < end {
            self[NetIOVIndex(truncatingIfNeeded: next)].prefetch()
            next &+= 1
        }
    }

    @inline(__always)
    subscript(_ index: NetIOVIndex) -> NetIOVPointer { niovs + Int(index) }
}
