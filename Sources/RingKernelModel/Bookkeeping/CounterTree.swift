import Synchronization

/// One owner's counters in a radix tree of 64 slots a node, keyed by the page index and read without a lock, as
/// `xa_load` under RCU does (lib/xarray.c).
///
/// A counter that was once made stays, at 0 when nothing is held, and its nodes with it: a reader needs no grace period
/// because nothing is freed before the owner is gone. Nodes are made under the lock and published with a release store that
/// the readers' acquire loads pair with. 256 bytes for 64 pages that were ever received, 512 for each node above.
final class CounterTree: @unchecked Sendable {
    typealias Counter = UnsafeMutablePointer<Atomic<Int32>>
    private typealias Slots = UnsafeMutablePointer<Atomic<UnsafeMutableRawPointer?>>

    private static let bits = 6
    private static let slotCount = 1 << bits
    /// Nodes are aligned to this, so that the root's word has room for its level.
    private static let alignment = 64

    /// Net_iovs of the binding.
    let limit: Int
    private let niovs: NetIOVPointer
    /// The root's address and, in the low bits, levels of nodes below it; 0 while there is none. One word, so that a reader
    /// sees both or neither.
    private let root: UnsafeMutablePointer<Atomic<UInt>>
    private let lock = SpinLock()

    /// No counters. The owner keeps the binding alive.
    init(of binding: Binding) {
        limit = binding.niovCount
        niovs = binding.niovs[0]
        root = .allocate(capacity: 1)
        root.initialize(to: Atomic(0))
    }

    deinit {
        if let (node, level) = Self.unpack(root.pointee.load(ordering: .relaxed)) { Self.destroy(node, level) }
        root.deallocate()
    }

    /// The net_iov itself.
    @inline(__always)
    func niov(_ index: NetIOVIndex) -> NetIOVPointer { niovs + Int(index) }

    /// The page's counter, or nil if it never had one. Takes no lock.
    @inline(__always)
    func counter(of index: NetIOVIndex) -> Counter? {
        guard let (top, height) = Self.unpack(root.pointee.load(ordering: .acquiring)),
            Self.fits(index, height)
        else { return nil }
        var node = top
        var level = height
        while level > 0 {
            guard let child = Self.slot(node, index, level).pointee.load(ordering: .acquiring) else { return nil }
            node = child
            level -= 1
        }
        return Self.counter(node, index)
    }

    /// The page's counter, made if there is none.
    func makeCounter(of index: NetIOVIndex) -> Counter {
        lock.withLock {
            var (node, level) = growRoot(for: index)
            while level > 0 {
                let slot = Self.slot(node, index, level)
                level -= 1
                if let child = slot.pointee.load(ordering: .relaxed) {
                    node = child
                } else {
                    node = Self.makeNode(level)
                    slot.pointee.store(node, ordering: .releasing)
                }
            }
            return Self.counter(node, index)
        }
    }

    /// Exchanges every counter to 0 and drops the pool reference behind those that were more.
    func putAll() {
        guard let (node, level) = Self.unpack(root.pointee.load(ordering: .acquiring)) else { return }
        put(node, level, from: 0)
    }

    private func put(_ node: UnsafeMutableRawPointer, _ level: Int, from first: NetIOVIndex) {
        for number in 0..<Self.slotCount {
            let index = first | NetIOVIndex(number) << NetIOVIndex(level * Self.bits)
            if level == 0 {
                if Self.counter(node, index).pointee.exchange(0, ordering: .acquiringAndReleasing) > 0 {
                    niov(index).drop(inSoftirq: false)
                }
            } else if let child = Self.slots(node)[number].load(ordering: .acquiring) {
                put(child, level - 1, from: index)
            }
        }
    }

    // MARK: nodes

    /// Puts nodes above the root until it reaches the index. Under the lock.
    private func growRoot(for index: NetIOVIndex) -> (node: UnsafeMutableRawPointer, level: Int) {
        var (node, level) = Self.unpack(root.pointee.load(ordering: .relaxed)) ?? (Self.makeNode(0), 0)
        while !Self.fits(index, level) {
            level += 1
            let above = Self.makeNode(level)
            Self.slots(above)[0].store(node, ordering: .relaxed)
            node = above
        }
        root.pointee.store(UInt(bitPattern: node) | UInt(level), ordering: .releasing)
        return (node, level)
    }

    @inline(__always)
    private static func unpack(_ word: UInt) -> (node: UnsafeMutableRawPointer, level: Int)? {
        let low = UInt(alignment - 1)
        return UnsafeMutableRawPointer(bitPattern: word & ~low).map { ($0, Int(word & low)) }
    }

    @inline(__always)
    private static func fits(_ index: NetIOVIndex, _ level: Int) -> Bool {
        UInt64(index) >> UInt64((level + 1) * bits) == 0
    }

    @inline(__always)
    private static func slots(_ node: UnsafeMutableRawPointer) -> Slots {
        node.assumingMemoryBound(to: Slots.Pointee.self)
    }

    @inline(__always)
    private static func slot(_ node: UnsafeMutableRawPointer, _ index: NetIOVIndex, _ level: Int) -> Slots {
        slots(node) + (Int(index) >> (level * bits)) & (slotCount - 1)
    }

    @inline(__always)
    private static func counter(_ leaf: UnsafeMutableRawPointer, _ index: NetIOVIndex) -> Counter {
        leaf.assumingMemoryBound(to: Counter.Pointee.self) + Int(index) & (slotCount - 1)
    }

    private static func makeNode(_ level: Int) -> UnsafeMutableRawPointer {
        if level == 0 {
            let leaf = UnsafeMutableRawPointer.allocate(
                byteCount: slotCount * MemoryLayout<Counter.Pointee>.stride, alignment: alignment)
            let counters = leaf.bindMemory(to: Counter.Pointee.self, capacity: slotCount)
            for number in 0..<slotCount { (counters + number).initialize(to: Atomic(0)) }
            return leaf
        }
        let node = UnsafeMutableRawPointer.allocate(
            byteCount: slotCount * MemoryLayout<Slots.Pointee>.stride, alignment: alignment)
        let slots = node.bindMemory(to: Slots.Pointee.self, capacity: slotCount)
        for number in 0..<slotCount { (slots + number).initialize(to: Atomic(nil)) }
        return node
    }

    private static func destroy(_ node: UnsafeMutableRawPointer, _ level: Int) {
        if level > 0 {
            for number in 0..<slotCount {
                if let child = slots(node)[number].load(ordering: .relaxed) { destroy(child, level - 1) }
            }
        }
        node.deallocate()
    }
}
