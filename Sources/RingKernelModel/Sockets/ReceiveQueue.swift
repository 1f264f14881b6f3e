/// `sk_receive_queue` under the socket's lock: fragments in stream order, as many as the receive window lets in.
final class ReceiveQueue: @unchecked Sendable {
    let capacity: Int
    private let lock = SpinLock()
    private let frags: UnsafeMutablePointer<Frag>
    private let positions: UnsafeMutablePointer<(first: Int, end: Int)>

    init(capacity: Int) {
        self.capacity = capacity
        frags = .allocate(capacity: capacity)
        positions = .allocate(capacity: 1)
        positions.initialize(to: (0, 0))
    }

    deinit {
        frags.deallocate()
        positions.deallocate()
    }

    /// Fragments that still fit into the window.
    var room: Int { lock.withLock { capacity - (positions.pointee.end - positions.pointee.first) } }

    /// Fragments that wait.
    var count: Int { capacity - room }

    /// Appends; the caller has made sure of room.
    func append(_ added: UnsafeBufferPointer<Frag>) {
        lock.withLock {
            for frag in added {
                frags[positions.pointee.end % capacity] = frag
                positions.pointee.end += 1
            }
        }
    }

    /// Copies the first fragments, `out.count` at the most, and leaves them queued.
    func peek(into out: UnsafeMutableBufferPointer<Frag>) -> Int {
        lock.withLock {
            let found = min(out.count, positions.pointee.end - positions.pointee.first)
            for offset in 0..<found { out[offset] = frags[(positions.pointee.first + offset) % capacity] }
            return found
        }
    }

    /// Takes the first `count` off the queue, after they were peeked.
    func advance(_ count: Int) {
        lock.withLock { positions.pointee.first += count }
    }

    /// Takes the first `bytes` off the first fragment; some of it is left.
    func consume(_ bytes: UInt32) {
        lock.withLock {
            let first = frags + positions.pointee.first % capacity
            first.pointee.offset += bytes
            first.pointee.size -= bytes
        }
    }

    /// Takes everything off and frees it, as closing a socket does.
    func purge() {
        lock.withLock {
            while positions.pointee.first < positions.pointee.end {
                frags[positions.pointee.first % capacity].free(inSoftirq: false)
                positions.pointee.first += 1
            }
        }
    }
}
