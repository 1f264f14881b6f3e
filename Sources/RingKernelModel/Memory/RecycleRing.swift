import Synchronization

/// `ptr_ring` as the page pool uses it: many producers behind a lock, one consumer without one.
final class RecycleRing: @unchecked Sendable {
    private let slots: UnsafeMutablePointer<Atomic<NetIOVPointer?>>
    private let slotCount: Int
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
        self.slotCount = slotCount
        slots = .allocate(capacity: slotCount)
        for index in 0..<slotCount { (slots + index).initialize(to: Atomic(nil)) }
        positions = .allocate(capacity: 1)
        positions.initialize(to: Positions())
    }

    deinit {
        slots.deallocate()
        positions.deallocate()
    }

    /// Never full: it has a slot for each buffer, and a buffer is in it once.
    ///
    /// - Returns: how many are in it now.
    func produce(_ niov: NetIOVPointer) -> Int {
        lock.withLock {
            slots[positions.pointee.producer & (slotCount - 1)].store(niov, ordering: .releasing)
            positions.pointee.producer &+= 1
            return count
        }
    }

    func consume(into cache: UnsafeMutablePointer<NetIOVPointer>, upTo most: Int) -> Int {
        var taken = 0
        while taken < most {
            let slot = slots + (positions.pointee.consumer & (slotCount - 1))
            guard let niov = slot.pointee.load(ordering: .acquiring) else { break }
            slot.pointee.store(nil, ordering: .relaxed)
            positions.pointee.consumer &+= 1
            cache[taken] = niov
            taken += 1
        }
        return taken
    }

    var count: Int { positions.pointee.producer &- positions.pointee.consumer }
}
