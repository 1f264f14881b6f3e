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

    @inline(__always)
    subscript(_ index: NetIOVIndex) -> NetIOVPointer { niovs + Int(index) }
}
