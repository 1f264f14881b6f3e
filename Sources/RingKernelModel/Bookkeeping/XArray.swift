/// `struct xarray` with `XA_FLAGS_ALLOC1`: a radix tree of 64-slot nodes whose free marks lead to the lowest free index,
/// behind one lock (lib/xarray.c).
///
/// Indices start at 1. An entry is a net_iov, or reserved: allocated and not yet committed (`XA_ZERO_ENTRY`).
final class XArray: @unchecked Sendable {
    private static let bits: UInt32 = 6
    private static let slotCount = 1 << Int(bits)
    private static let reservedEntry: UInt = 1

    /// A slot holds nil (0), an entry, or the address of a child.
    private struct Node {
        var parent: UnsafeMutablePointer<Node>?
        /// Slots that are free, or lead to a free index below.
        var free: UInt64
        var shift: UInt32
        var offsetInParent: UInt32
        var used: UInt32
        var slots: UnsafeMutablePointer<UInt>
    }

    private struct Tree {
        var root: UnsafeMutablePointer<Node>
        /// Nodes that were emptied, kept as the kernel's slab cache keeps them; linked through `parent`.
        var spare: UnsafeMutablePointer<Node>?
        var entries = 0
    }

    private let lock = SpinLock()
    private let tree: UnsafeMutablePointer<Tree>

    init() {
        tree = .allocate(capacity: 1)
        tree.initialize(to: Tree(root: Self.makeNode(shift: 0)))
        // Index 0 is never handed out.
        tree.pointee.root.pointee.free &= ~1
        tree.pointee.root.pointee.used = 1
    }

    deinit {
        Self.destroy(tree.pointee.root)
        while let node = tree.pointee.spare {
            tree.pointee.spare = node.pointee.parent
            Self.destroy(node)
        }
        tree.deallocate()
    }

    /// Entries allocated now.
    var count: Int { lock.withLock { tree.pointee.entries } }

    /// Reserves the `count` lowest free indices under one lock (`tcp_xa_pool_refill`).
    func reserve(_ count: Int, into indices: UnsafeMutablePointer<UInt32>) {
        lock.withLock {
            for position in 0..<count { indices[position] = allocateLowest() }
        }
    }

    /// Turns the first `used` reservations into entries and gives the others back, under one lock (`tcp_xa_pool_commit`).
    func commit(
        _ indices: UnsafeMutablePointer<UInt32>, frags: UnsafePointer<Frag>, used: Int, of reserved: Int
    ) {
        lock.withLock {
            for position in 0..<used {
                let (node, slot) = leaf(of: indices[position])
                if let node, node.pointee.slots[slot] == Self.reservedEntry {
                    node.pointee.slots[slot] = UInt(bitPattern: frags[position].niov)
                }
            }
            for position in used..<reserved { _ = eraseLocked(indices[position]) }
        }
    }

    /// Removes up to `batch` indices under one lock and says whose buffers they were; absent ones are skipped (`__xa_erase`).
    ///
    /// - Returns: how many there were; their buffers are in `found`.
    func erase(from start: UInt32, count: Int, into found: UnsafeMutablePointer<NetIOVPointer>) -> Int {
        lock.withLock {
            var taken = 0
            for offset in 0..<UInt32(count) {
                if let niov = eraseLocked(start &+ offset) {
                    found[taken] = niov
                    taken += 1
                }
            }
            return taken
        }
    }

    /// Removes everything, oldest index first (`xa_for_each`, `xa_destroy`).
    func removeAll(_ body: (NetIOVPointer) -> Void) {
        var index: UInt32 = 0
        let end = lock.withLock { UInt64(1) << UInt64(tree.pointee.root.pointee.shift + Self.bits) }
        while UInt64(index) < end, count > 0 {
            if let niov = lock.withLock({ eraseLocked(index) }) { body(niov) }
            index += 1
        }
    }

    // MARK: the tree, under the lock

    private func allocateLowest() -> UInt32 {
        if tree.pointee.root.pointee.free == 0 { grow() }
        var node = tree.pointee.root
        var index: UInt32 = 0
        while true {
            let slot = node.pointee.free.trailingZeroBitCount
            index |= UInt32(slot) << node.pointee.shift
            guard node.pointee.shift > 0 else {
                node.pointee.slots[slot] = Self.reservedEntry
                node.pointee.used += 1
                clearFree(node, slot)
                tree.pointee.entries += 1
                return index
            }
            if let child = UnsafeMutablePointer<Node>(bitPattern: node.pointee.slots[slot]) {
                node = child
            } else {
                let child = takeNode(shift: node.pointee.shift - Self.bits)
                child.pointee.parent = node
                child.pointee.offsetInParent = UInt32(slot)
                node.pointee.slots[slot] = UInt(bitPattern: child)
                node.pointee.used += 1
                node = child
            }
        }
    }

    private func eraseLocked(_ index: UInt32) -> NetIOVPointer? {
        let (found, slot) = leaf(of: index)
        guard let node = found, node.pointee.slots[slot] > 0 else { return nil }
        let value = node.pointee.slots[slot]
        node.pointee.slots[slot] = 0
        node.pointee.used -= 1
        tree.pointee.entries -= 1
        setFree(node, slot)
        dropIfEmpty(node)
        return value == Self.reservedEntry ? nil : NetIOVPointer(bitPattern: value)
    }

    private func leaf(of index: UInt32) -> (UnsafeMutablePointer<Node>?, Int) {
        var node = tree.pointee.root
        guard UInt64(index) >> UInt64(node.pointee.shift + Self.bits) == 0 else { return (nil, 0) }
        while node.pointee.shift > 0 {
            let slot = Int(index >> node.pointee.shift) & (Self.slotCount - 1)
            guard let child = UnsafeMutablePointer<Node>(bitPattern: node.pointee.slots[slot]) else { return (nil, 0) }
            node = child
        }
        return (node, Int(index) & (Self.slotCount - 1))
    }

    private func grow() {
        let old = tree.pointee.root
        let root = takeNode(shift: old.pointee.shift + Self.bits)
        root.pointee.slots[0] = UInt(bitPattern: old)
        root.pointee.used = 1
        root.pointee.free &= ~1
        old.pointee.parent = root
        old.pointee.offsetInParent = 0
        tree.pointee.root = root
    }

    private func clearFree(_ leaf: UnsafeMutablePointer<Node>, _ slot: Int) {
        var node = leaf
        var slot = slot
        while true {
            node.pointee.free &= ~(UInt64(1) << UInt64(slot))
            guard node.pointee.free == 0, let parent = node.pointee.parent else { return }
            slot = Int(node.pointee.offsetInParent)
            node = parent
        }
    }

    private func setFree(_ leaf: UnsafeMutablePointer<Node>, _ slot: Int) {
        var node = leaf
        var slot = slot
        while true {
            let wasFull = node.pointee.free == 0
            node.pointee.free |= UInt64(1) << UInt64(slot)
            guard wasFull, let parent = node.pointee.parent else { return }
            slot = Int(node.pointee.offsetInParent)
            node = parent
        }
    }

    private func dropIfEmpty(_ leaf: UnsafeMutablePointer<Node>) {
        var node = leaf
        while node.pointee.used == 0, let parent = node.pointee.parent {
            parent.pointee.slots[Int(node.pointee.offsetInParent)] = 0
            parent.pointee.used -= 1
            node.pointee.parent = tree.pointee.spare
            tree.pointee.spare = node
            node = parent
        }
    }

    private func takeNode(shift: UInt32) -> UnsafeMutablePointer<Node> {
        guard let node = tree.pointee.spare else { return Self.makeNode(shift: shift) }
        tree.pointee.spare = node.pointee.parent
        node.pointee.parent = nil
        node.pointee.shift = shift
        node.pointee.free = .max
        return node
    }

    private static func makeNode(shift: UInt32) -> UnsafeMutablePointer<Node> {
        let slots = UnsafeMutablePointer<UInt>.allocate(capacity: slotCount)
        slots.initialize(repeating: 0, count: slotCount)
        let node = UnsafeMutablePointer<Node>.allocate(capacity: 1)
        node.initialize(
            to: Node(parent: nil, free: .max, shift: shift, offsetInParent: 0, used: 0, slots: slots))
        return node
    }

    private static func destroy(_ node: UnsafeMutablePointer<Node>) {
        if node.pointee.shift > 0 {
            for slot in 0..<slotCount {
                if let child = UnsafeMutablePointer<Node>(bitPattern: node.pointee.slots[slot]) { destroy(child) }
            }
        }
        node.pointee.slots.deallocate()
        node.deallocate()
    }
}
