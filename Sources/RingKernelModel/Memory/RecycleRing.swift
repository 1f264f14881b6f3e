import Synchronization

/// `ptr_ring` as the page pool uses it: many producers behind a lock, one consumer without one.
final class RecycleRing: @unchecked Sendable {
    private let slots: UnsafeMutablePointer<Atomic<NetIOVPointer?>>
    private let slotCount: Int
    private let lock = SpinLock()
    private let positions: UnsafeMutablePointer<Positions>

    /// Each side's position on a line of its own. Each side writes one; both are read by whoever counts.
    private struct Positions: ~Copyable {
        let producer = Atomic(0)
        let padding: (Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int) =
            (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        let consumer = Atomic(0)
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
        positions.deinitialize(count: 1)
        positions.deallocate()
    }

    /// Never full: it has a slot for each buffer, and a buffer is in it once.
    ///
    /// - Returns: how many are in it now.
    func produce(_ niov: NetIOVPointer) -> Int {
        lock.withLock {
            let position = positions.pointee.producer.load(ordering: .relaxed)
            slots[position & (slotCount - 1)].store(niov, ordering: .releasing)
            positions.pointee.producer.store(position &+ 1, ordering: .relaxed)
            return count
        }
    }

    func consume(into cache: UnsafeMutablePointer<NetIOVPointer>, upTo most: Int) -> Int {
        var taken = 0
        let first = positions.pointee.consumer.load(ordering: .relaxed)
        while taken < most {
            let slot = slots + ((first &+ taken) & (slotCount - 1))
            guard let niov = slot.pointee.load(ordering: .acquiring) else { break }
            slot.pointee.store(nil, ordering: .relaxed)
            cache[taken] = niov
            taken += 1
        }
        positions.pointee.consumer.store(first &+ taken, ordering: .relaxed)
        return taken
    }

    var count: Int {
        positions.pointee.producer.load(ordering: .relaxed) &- positions.pointee.consumer.load(ordering: .relaxed)
    }
}
