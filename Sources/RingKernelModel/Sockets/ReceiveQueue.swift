import Synchronization

/// `sk_receive_queue` under the socket's lock: fragments in stream order, as many as the receive window lets in.
final class ReceiveQueue: @unchecked Sendable {
    let capacity: Int
    private let lock = SpinLock()
    private let frags: UnsafeMutablePointer<Frag>
    /// Numbers of the first that waits and of the next to come. Changed under the lock.
    private let first = Atomic<Int>(0)
    private let end = Atomic<Int>(0)

    init(capacity: Int) {
        self.capacity = capacity
        frags = .allocate(capacity: capacity)
    }

    deinit { frags.deallocate() }

    /// The first that waits, and the next to come. Under the lock.
    private var positions: (first: Int, end: Int) {
        (first.load(ordering: .relaxed), end.load(ordering: .relaxed))
    }

    /// Fragments that still fit into the window.
    var room: Int {
        lock.withLock {
            let (first, end) = positions
            return capacity - (end - first)
        }
    }

    /// Fragments that wait.
    var count: Int { capacity - room }

    /// Whether none wait, without the lock (`skb_queue_empty_lockless`). Somebody may append at once; who is the only one to
    /// append may rely on it.
    @inline(__always)
    var isEmptyLockless: Bool { first.load(ordering: .acquiring) == end.load(ordering: .acquiring) }

    /// Appends; the caller has made sure of room.
    func append(_ added: UnsafeBufferPointer<Frag>) {
        lock.withLock {
            for frag in added { append(underLock: frag) }
        }
    }

    /// Appends; the caller has made sure of room.
    func append(_ frag: Frag) { lock.withLock { append(underLock: frag) } }

    private func append(underLock frag: Frag) {
        let next = end.load(ordering: .relaxed)
        frags[next % capacity] = frag
        end.store(next + 1, ordering: .releasing)
    }

    /// Copies the first fragments, `out.count` at the most, and leaves them queued.
    func peek(into out: UnsafeMutableBufferPointer<Frag>) -> Int {
        lock.withLock {
            let (first, end) = positions
            let found = min(out.count, end - first)
            for offset in 0..<found { out[offset] = frags[(first + offset) % capacity] }
            return found
        }
    }

    /// Takes the first `count` off the queue, after they were peeked.
    func advance(_ count: Int) {
        lock.withLock { first.store(positions.first + count, ordering: .releasing) }
    }

    /// Takes the first `bytes` off the first fragment; some of it is left.
    func consume(_ bytes: UInt32) {
        lock.withLock {
            let first = frags + positions.first % capacity
            first.pointee.offset += bytes
            first.pointee.size -= bytes
        }
    }

    /// Takes everything off and frees it, as closing a socket does.
    func purge() {
        lock.withLock {
            let (first, end) = positions
            for number in first..<end { frags[number % capacity].free(inSoftirq: false) }
            self.first.store(end, ordering: .releasing)
        }
    }
}
