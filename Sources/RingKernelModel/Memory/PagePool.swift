import Synchronization

/// The page pool over a binding's net_iovs (`net/core/page_pool.c`): a cache that only softirq touches, filled from a
/// ring into which other contexts recycle, and memory-provider style from whoever has buffers to give back first.
///
/// `allocate` belongs to the softirq thread; `drop` may be called from any.
public final class PagePool: @unchecked Sendable {
    /// `PP_ALLOC_CACHE_SIZE` and `PP_ALLOC_CACHE_REFILL` of include/net/page_pool/types.h.
    static let cacheSize = 128
    static let refill = 64

    let niovs: NetIOVTable
    /// Asked for buffers before the ring is, in softirq: the mapped return ring, as zcrx's refill ring is.
    nonisolated(unsafe) var provider: (() -> Void)?

    private struct Cache {
        var count = 0
        var allocated: UInt64 = 0
        var exhausted: UInt64 = 0
    }

    private let cache: UnsafeMutablePointer<NetIOVIndex>
    private let state: UnsafeMutablePointer<Cache>
    private let recycled: RecycleRing
    private let doubleFrees = Atomic<UInt64>(0)
    private let freedWhileHeld = Atomic<UInt64>(0)

    init(niovs: NetIOVTable) {
        self.niovs = niovs
        cache = .allocate(capacity: Self.cacheSize)
        state = .allocate(capacity: 1)
        state.initialize(to: Cache())
        recycled = RecycleRing(capacity: niovs.count)
        for index in 0..<niovs.count { recycled.produce(NetIOVIndex(index)) }
    }

    deinit {
        cache.deallocate()
        state.deallocate()
    }

    /// Takes a buffer, with one reference, or nil when the pool is exhausted (S18). Softirq only.
    func allocate() -> NetIOVIndex? {
        if state.pointee.count == 0 { fillCache() }
        guard state.pointee.count > 0 else {
            state.pointee.exhausted &+= 1
            return nil
        }
        state.pointee.count &-= 1
        state.pointee.allocated &+= 1
        let index = cache[state.pointee.count]
        let niov = niovs[index]
        niov.pointee.isFree.store(false, ordering: .relaxed)
        niov.pointee.poolReferences.store(1, ordering: .relaxed)
        return index
    }

    private func fillCache() {
        provider?()
        guard state.pointee.count == 0 else { return }
        state.pointee.count = recycled.consume(into: cache, upTo: Self.refill)
    }

    /// Drops one reference; the last one recycles the buffer, straight into the cache when `inSoftirq`.
    @inline(__always)
    func drop(_ index: NetIOVIndex, inSoftirq: Bool) {
        let niov = niovs[index]
        let references = niov.pointee.poolReferences.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
        guard references <= 0 else { return }
        recycle(index, inSoftirq: inSoftirq)
    }

    private func recycle(_ index: NetIOVIndex, inSoftirq: Bool) {
        let niov = niovs[index]
        guard !niov.pointee.isFree.load(ordering: .relaxed) else {
            doubleFrees.wrappingAdd(1, ordering: .relaxed)
            return
        }
        if niov.pointee.userReferences.load(ordering: .relaxed) > 0 {
            freedWhileHeld.wrappingAdd(1, ordering: .relaxed)
        }
        niov.pointee.isFree.store(true, ordering: .relaxed)
        if inSoftirq, state.pointee.count < Self.cacheSize {
            cache[state.pointee.count] = index
            state.pointee.count &+= 1
        } else {
            recycled.produce(index)
        }
    }

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
        /// Buffers recycled that were in the pool already.
        public let doubleFrees: UInt64
        /// Buffers recycled while user space still held a token of them.
        public let freedWhileHeld: UInt64

        /// Every buffer is in the pool once and none was ever freed wrongly.
        public var isWhole: Bool { freeBuffers == buffers && doubleFrees == 0 && freedWhileHeld == 0 }
    }
}

/// `ptr_ring` as the page pool uses it: many producers behind a lock, one consumer without one.
final class RecycleRing: @unchecked Sendable {
    private static let empty = NetIOVIndex.max
    private let slots: UnsafeMutablePointer<Atomic<NetIOVIndex>>
    private let mask: Int
    private let lock = SpinLock()
    private let positions: UnsafeMutablePointer<Positions>

    /// Each side's position on a line of its own.
    private struct Positions {
        var producer = 0
        var padding: (Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int) =
            (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        var consumer = 0
    }

    init(capacity: Int) {
        var slotCount = 1
        while slotCount < capacity { slotCount *= 2 }
        mask = slotCount - 1
        slots = .allocate(capacity: slotCount)
        for index in 0..<slotCount { (slots + index).initialize(to: Atomic(Self.empty)) }
        positions = .allocate(capacity: 1)
        positions.initialize(to: Positions())
    }

    deinit {
        slots.deallocate()
        positions.deallocate()
    }

    /// Never full: it has a slot for each buffer, and a buffer is in it once.
    func produce(_ index: NetIOVIndex) {
        lock.withLock {
            slots[positions.pointee.producer & mask].store(index, ordering: .releasing)
            positions.pointee.producer &+= 1
        }
    }

    func consume(into cache: UnsafeMutablePointer<NetIOVIndex>, upTo most: Int) -> Int {
        var taken = 0
        while taken < most {
            let slot = slots + (positions.pointee.consumer & mask)
            let index = slot.pointee.load(ordering: .acquiring)
            guard index != Self.empty else { break }
            slot.pointee.store(Self.empty, ordering: .relaxed)
            positions.pointee.consumer &+= 1
            cache[taken] = index
            taken += 1
        }
        return taken
    }

    var count: Int { positions.pointee.producer &- positions.pointee.consumer }
}
