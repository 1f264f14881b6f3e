import CTokenRing
import Glibc
import TokenRing
import TokenRingZCRX

/// Receives the checked stream through zcrx: looks at each piece where the kernel put it, and gives its buffer back through the
/// refill ring. One thread.
struct ZCRXReceiver: ~Copyable {
    /// What becomes of a buffer that was looked at.
    enum Returning {
        /// It is kept.
        case never
        /// The ring is flushed after each entry.
        case eagerly
        /// The ring is flushed when it is full.
        case whenFull
    }

    var ring: CompletionRing
    var queue: ZCRXQueue
    /// Bytes of the stream that came.
    private(set) var receivedBytes: UInt64 = 0
    /// Bytes that were not what the stream has there.
    private(set) var wrongBytes: UInt64 = 0
    /// Pieces that came, a buffer each.
    private(set) var pieces: UInt64 = 0
    /// Pieces that were not inside the area.
    private(set) var strayPieces: UInt64 = 0
    /// Buffers that were put into the refill ring.
    private(set) var returned: UInt64 = 0
    /// Times that the ring was flushed, in all and because it was full.
    private(set) var flushes: UInt64 = 0
    private(set) var flushesWhenFull: UInt64 = 0
    /// Times that the receive ended for want of buffers and was started again.
    private(set) var restarts: UInt64 = 0
    /// Whether a receive is under way.
    private var isReceiving = false
    private let stream = StreamBytes()

    /// Registers an area of `buffers` pages and a refill ring.
    init(buffers: Int, refillEntries: UInt32) throws(SystemCallError) {
        let ring = try CompletionRing()
        queue = try ZCRXQueue(with: ring, buffers: buffers, refillEntries: refillEntries)
        self.ring = ring
    }

    /// Receives `length` more bytes, and what comes with the last of them. The receive stays under way for the next call.
    ///
    /// - Parameters:
    ///   - restarting: go on when the kernel found no buffer: flush, and receive again.
    ///   - feed: called before each wait with the bytes that came; for a sender on the same thread.
    /// - Returns: 0 when all came; -errno of the completion that ended it, -ETIME when nothing came for five seconds, -EINTR
    ///   after Ctrl-C.
    mutating func receive(
        _ length: UInt64, from socket: CInt, returning: Returning, restarting: Bool = false,
        feed: (_ receivedBytes: UInt64) throws(SystemCallError) -> Void = { _ throws(SystemCallError) in }
    ) throws(SystemCallError) -> CInt {
        let end = receivedBytes + length
        while receivedBytes < end {
            if Interrupt.isRequested { return -EINTR }
            if !isReceiving {
                ring.queueReceive(from: socket, through: queue.identifier)
                isReceiving = true
            }
            try feed(receivedBytes)
            guard try ring.submit(awaiting: 1) else { return -ETIME }
            let batch = ring.completions.peek(upTo: 64)
            for offset in 0..<batch.count {
                let completion = ring.completions.read(at: batch[offset])
                if !completion.hasMore { isReceiving = false }
                if completion.result > 0 {
                    try take(completion, returning)
                } else if completion.result == -ENOMEM, restarting {
                    restarts += 1
                    try flush()
                } else {
                    // It is the last: a request that failed or ended completes no more.
                    ring.completions.release(batch.count)
                    return completion.result
                }
            }
            ring.completions.release(batch.count)
        }
        return 0
    }

    private mutating func take(_ completion: CompletionEntry, _ returning: Returning) throws(SystemCallError) {
        pieces += 1
        if let payload = queue.payload(of: completion) {
            wrongBytes += stream.wrong(at: receivedBytes, in: payload)
        } else {
            strayPieces += 1
        }
        receivedBytes += UInt64(completion.result)
        guard returning != .never else { return }
        var slot = queue.refill.reserve(1)
        if slot.isEmpty {
            flushesWhenFull += 1
            try flush()
            slot = queue.refill.reserve(1)
            guard !slot.isEmpty else {
                throw SystemCallError(
                    "ZCRX_CTRL_FLUSH_RQ", errno: ENOSPC, hint: "the refill ring is full after a flush")
            }
        }
        queue.refill.write(queue.refillEntry(for: completion), at: slot[0])
        queue.refill.submit(1)
        returned += 1
        if returning == .eagerly { try flush() }
    }

    /// Makes the kernel take what is in the refill ring.
    mutating func flush() throws(SystemCallError) {
        flushes += 1
        try queue.flush()
    }

    /// Entries of the refill ring that the kernel has not taken.
    mutating func entriesWaiting() -> UInt32 {
        let free = queue.refill.reserve(upTo: queue.refill.capacity)
        queue.refill.cancel(free.count)
        return queue.refill.capacity - free.count
    }
}
