/// Whom a page pool asks for buffers before it looks into its own ring (`memory_provider_ops` of
/// include/net/page_pool/memory_provider.h): the ring sets over its binding, which take back what is in their return rings.
///
/// Asked in softirq and changed under NAPI. Walking it counts no references: an atomic instruction for each would wait for the
/// stores before it.
struct MemoryProvider: ~Copyable {
    /// Whether a driver below gets the buffers (`DriverQueue`).
    var hasDriver = false
    private var ringSets = UnsafeMutableBufferPointer<Unmanaged<RingSet>>(start: nil, count: 0)

    /// From now on `ringSet` is asked too, after those that are there.
    mutating func add(_ ringSet: RingSet) { replace(by: ringSets + [.passRetained(ringSet)]) }

    /// Asks `ringSet` no longer.
    mutating func remove(_ ringSet: RingSet) {
        let leaving = Unmanaged.passUnretained(ringSet)
        guard let number = ringSets.firstIndex(where: { $0.toOpaque() == leaving.toOpaque() }) else { return }
        var others = Array(ringSets)
        others.remove(at: number)
        replace(by: others)
        leaving.release()
    }

    private mutating func replace(by others: [Unmanaged<RingSet>]) {
        let old = ringSets
        ringSets = .allocate(capacity: others.count)
        _ = ringSets.initialize(from: others)
        old.deallocate()
    }

    /// Takes back tokens until the pool has enough or every ring set was asked.
    @inline(__always)
    func refill() {
        for ringSet in ringSets {
            if ringSet._withUnsafeGuaranteedRef({ $0.refill(forDriver: hasDriver) }) >= PagePool.refill { break }
        }
    }

    /// Fetches the entries that `refill` will read first.
    func fetchReturns() {
        for ringSet in ringSets { ringSet._withUnsafeGuaranteedRef { $0.fetchReturns() } }
    }

    /// Fetches the buffers that `refill` will take back first.
    func fetchReturnedBuffers() {
        for ringSet in ringSets { ringSet._withUnsafeGuaranteedRef { $0.fetchReturnedBuffers() } }
    }

    /// The pool has no buffer and got none.
    func reportStarvation() {
        for ringSet in ringSets { ringSet._withUnsafeGuaranteedRef { $0.reportStarvation() } }
    }

    deinit {
        for ringSet in ringSets { ringSet.release() }
        ringSets.deallocate()
    }
}
