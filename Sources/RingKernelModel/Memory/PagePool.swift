import Synchronization

/// The page pool over a binding's net_iovs (`net/core/page_pool.c`): a cache that only softirq touches, filled from a
/// ring into which other contexts recycle, and memory-provider style from whoever has buffers to give back first.
///
/// `allocate` belongs to the softirq thread; `drop` may be called from any.
public final class PagePool: @unchecked Sendable {
    /// `PP_ALLOC_CACHE_SIZE` and `PP_ALLOC_CACHE_REFILL` of include/net/page_pool/types.h.
    static let cacheSize = 128
    static let refill = 64

    /// The buffers.
    let table: UnsafeMutablePointer<NetIOVTable>
    /// Asked for buffers before the ring is, in softirq, and told when there is none anywhere.
    let provider: UnsafeMutablePointer<MemoryProvider>
    /// Told, once, that the pool is closed and every buffer is home: the binding can be freed.
    nonisolated(unsafe) var onAllHome: (() -> Void)?

    private struct Cache {
        var count = 0
        var allocated: UInt64 = 0
        var exhausted: UInt64 = 0
    }

    private let cache: UnsafeMutablePointer<NetIOVPointer>
    private let state: UnsafeMutablePointer<Cache>
    private let recycled: RecycleRing
    private let isClosed = Atomic<Bool>(false)
    private let wasWhole = Atomic<Bool>(false)
    private let doubleFrees = Atomic<UInt64>(0)
    private let freedWhileHeld = Atomic<UInt64>(0)

    init(count: Int, niovBytes: Int) {
        table = .allocate(capacity: 1)
        cache = .allocate(capacity: Self.cacheSize)
        state = .allocate(capacity: 1)
        state.initialize(to: Cache())
        provider = .allocate(capacity: 1)
        provider.initialize(to: MemoryProvider())
        recycled = RecycleRing(capacity: count)
        table.initialize(to: NetIOVTable(count: count, bytes: niovBytes, pool: .passUnretained(self)))
        for index in 0..<count { _ = recycled.produce(niovs[NetIOVIndex(index)]) }
    }

    /// The buffers.
    @inline(__always)
    var niovs: NetIOVTable { table.pointee }

    deinit {
        table.pointee.destroy()
        table.deallocate()
        cache.deallocate()
        state.deallocate()
        provider.deinitialize(count: 1)
        provider.deallocate()
    }

    /// Takes a buffer, with one reference, or nil when the pool is exhausted (S18) or closed. Softirq only.
    func allocate() -> NetIOVPointer? {
        if state.pointee.count == 0 { fillCache() }
        guard state.pointee.count > 0 else {
            reportExhausted()
            return nil
        }
        state.pointee.count &-= 1
        state.pointee.allocated &+= 1
        let niov = cache[state.pointee.count]
        giveOut(niov)
        return niov
    }

    /// Takes up to `most` buffers, with one reference each, for a driver that posts them ahead of the packets. That it gets
    /// fewer is no starvation as long as others are posted: the driver knows. Softirq only.
    ///
    /// In the order in which they came back: neighbours are received into one after the other again, and come back as one range.
    ///
    /// - Parameter body: is given each, and how many were before it.
    /// - Returns: how many there were.
    @inline(__always)
    func allocate(upTo most: Int, _ body: (_ niov: NetIOVPointer, _ number: Int) -> Void) -> Int {
        var taken = 0
        while taken < most {
            if state.pointee.count == 0 { fillCache() }
            let batch = min(most &- taken, state.pointee.count)
            guard batch > 0 else { break }
            for position in 0..<batch {
                let niov = cache[position]
                giveOut(niov)
                body(niov, taken &+ position)
            }
            // Counted once for all: in memory a count for each would wait for the one before.
            let rest = state.pointee.count &- batch
            if rest > 0 { cache.update(from: cache + batch, count: rest) }
            state.pointee.count = rest
            state.pointee.allocated &+= UInt64(batch)
            taken &+= batch
        }
        return taken
    }

    /// Nothing is free and nothing is posted: packets are dropped. Softirq only.
    func reportExhausted() {
        state.pointee.exhausted &+= 1
        if !isClosed.load(ordering: .relaxed) { provider.pointee.reportStarvation() }
    }

    @inline(__always)
    private func giveOut(_ niov: NetIOVPointer) {
        niov.pointee.isFree.store(false, ordering: .relaxed)
        niov.pointee.poolReferences.store(1, ordering: .relaxed)
    }

    private func fillCache() {
        guard !isClosed.load(ordering: .relaxed) else { return }
        provider.pointee.refill()
        guard state.pointee.count == 0 else { return }
        state.pointee.count = recycled.consume(into: cache, upTo: Self.refill)
    }

    /// The queue is gone (`page_pool_destroy`): nothing is allocated any more. The softirq thread must be out of the pool.
    func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var count = recycled.count
        while state.pointee.count > 0 {
            state.pointee.count &-= 1
            count = recycled.produce(cache[state.pointee.count])
        }
        if count == niovs.count { allHome() }
    }

    /// Recycles up to `most` buffers into the cache, as long as it has room and `next` has one. Softirq only.
    ///
    /// - Parameter next: answers a buffer of which the last reference was just dropped, or nil to end it.
    /// - Returns: how many.
    @inline(__always)
    func recycle(upTo most: Int, _ next: (_ number: Int) -> NetIOVPointer?) -> Int {
        guard !isClosed.load(ordering: .acquiring) else { return 0 }
        let top = cache + state.pointee.count
        let room = min(most, Self.cacheSize &- state.pointee.count)
        var number = 0
        while number < room, let niov = next(number) {
            comeHome(niov)
            top[number] = niov
            number &+= 1
        }
        // Counted once for all, as in `allocate`.
        state.pointee.count &+= number
        return number
    }

    @inline(__always)
    private func comeHome(_ niov: NetIOVPointer) {
        if niov.pointee.userReferences.load(ordering: .relaxed) > 0 {
            freedWhileHeld.wrappingAdd(1, ordering: .relaxed)
        }
        niov.pointee.isFree.store(true, ordering: .releasing)
    }

    @inline(__always)
    func recycle(_ niov: NetIOVPointer, inSoftirq: Bool) {
        comeHome(niov)
        let closed = isClosed.load(ordering: .acquiring)
        if inSoftirq, !closed, state.pointee.count < Self.cacheSize {
            cache[state.pointee.count] = niov
            state.pointee.count &+= 1
        } else {
            recycleIntoRing(niov)
        }
    }

    @inline(never)
    private func recycleIntoRing(_ niov: NetIOVPointer) {
        if recycled.produce(niov) == niovs.count, isClosed.load(ordering: .acquiring) {
            allHome()
        }
    }

    /// A reference was dropped that nobody had: the buffer is in the pool already, or soon will be.
    func countDoubleFree() { doubleFrees.wrappingAdd(1, ordering: .relaxed) }

    private func allHome() {
        if !wasWhole.exchange(true, ordering: .acquiringAndReleasing) { onAllHome?() }
    }

    /// Whether the pool has this buffer; a buffer that user space reads must not be there.
    public func hasBuffer(_ index: NetIOVIndex) -> Bool { niovs[index].pointee.isFree.load(ordering: .acquiring) }

    /// What the pool holds and what went wrong. Exact only when no thread is in the model.
    public var audit: Audit {
        Audit(
            freeBuffers: state.pointee.count + recycled.count, buffers: niovs.count,
            allocated: state.pointee.allocated, exhausted: state.pointee.exhausted,
            doubleFrees: doubleFrees.load(ordering: .relaxed),
            freedWhileHeld: freedWhileHeld.load(ordering: .relaxed))
    }

    /// The pool's books.
    public struct Audit: Hashable, Sendable {
        /// Buffers in the pool.
        public let freeBuffers: Int
        /// Buffers of the binding.
        public let buffers: Int
        /// Buffers handed to the traffic so far.
        public let allocated: UInt64
        /// Times that there was no buffer: the NIC would have dropped a packet.
        public let exhausted: UInt64
        /// References dropped that nobody had: in the kernel, a buffer freed twice.
        public let doubleFrees: UInt64
        /// Buffers recycled while user space still held a token of them.
        public let freedWhileHeld: UInt64

        /// Every buffer is in the pool once and none was ever freed wrongly.
        public var isWhole: Bool { freeBuffers == buffers && doubleFrees == 0 && freedWhileHeld == 0 }
    }
}
