import Synchronization

/// The bindings that one owner's tokens can name, in the order of their first token. Per owner, because a number that can be
/// guessed must not reach a binding that this owner never received from (sources.md A16).
///
/// Rows are added by the thread that receives for the owner and never change; others may read at the same time.
final class BindingTable: @unchecked Sendable {
    /// Most bindings: what 5 bits can name.
    static let most = 32

    /// One binding, kept alive by the owner.
    struct Row {
        /// What netlink calls it.
        let id: UInt32
        /// Net_iovs.
        let count: Int
        /// The first of them.
        let niovs: NetIOVPointer
    }

    private let rows: UnsafeMutablePointer<Row>
    private let published: UnsafeMutablePointer<Atomic<Int>>

    init() {
        rows = .allocate(capacity: Self.most)
        published = .allocate(capacity: 1)
        published.initialize(to: Atomic(0))
    }

    deinit {
        rows.deallocate()
        published.deallocate()
    }

    /// How many there are.
    @inline(__always)
    var count: Int { published.pointee.load(ordering: .acquiring) }

    /// The row of that number; it is below `count`.
    @inline(__always)
    subscript(_ number: Int) -> Row { rows[number] }

    /// The row of the binding that netlink calls `id`, if this owner received from it.
    func row(id: UInt32) -> Row? {
        for number in 0..<count where rows[number].id == id { return rows[number] }
        return nil
    }

    /// The number of the fragment's binding, which gets one if it has none. Nil when all are taken.
    @inline(__always)
    func number(of frag: Frag) -> Int? {
        let first = frag.niov.unsafelyUnwrapped - Int(frag.niov.unsafelyUnwrapped.pointee.index)
        let known = published.pointee.load(ordering: .relaxed)
        for number in 0..<known where rows[number].niovs == first { return number }
        return add(frag, known)
    }

    private func add(_ frag: Frag, _ number: Int) -> Int? {
        guard number < Self.most, let binding = frag.binding?.takeUnretainedValue() else { return nil }
        (rows + number).initialize(to: Row(id: binding.id, count: binding.niovCount, niovs: binding.niovs[0]))
        published.pointee.store(number + 1, ordering: .releasing)
        return number
    }
}
