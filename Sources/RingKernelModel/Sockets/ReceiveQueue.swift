/// One fragment in a socket's receive queue: a piece of a net_iov, with one pool reference.
public struct Frag: BitwiseCopyable, Sendable {
    /// The buffer.
    public var niov: NetIOVIndex
    /// Byte offset in the buffer.
    public var offset: UInt32
    /// Bytes of payload.
    public var size: UInt32

    /// Byte offset in the dmabuf.
    public var dmabufOffset: UInt64 { UInt64(niov) * UInt64(Binding.niovBytes) + UInt64(offset) }
}

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
}
