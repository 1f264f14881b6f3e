import CTokenRing
import Glibc
import TokenRing

/// An io_uring of the kind that zcrx demands. Its completion queue is a ring like any other: the kernel produces, and TokenRing's
/// consumer takes the completions.
///
/// The thread that makes it is the only one that may use it (`IORING_SETUP_SINGLE_ISSUER`). It cannot be copied.
public struct CompletionRing: ~Copyable {
    /// What the requests came to.
    public var completions: ConsumerRing<MappedRingMemory<CompletionEntry>>
    private let uring: URing
    private var queued: UInt32 = 0

    /// The io_uring, for registrations. It belongs to this object.
    public var descriptor: CInt { uring.ring.fd }

    /// Opens an io_uring with room for 8 requests between two waits.
    ///
    /// - Parameter entries: completions, a power of two; when they are not taken in time a receive ends.
    /// - Throws: `SystemCallError`: EINVAL before Linux 6.6, EPERM where `kernel.io_uring_disabled` forbids it.
    public init(entries: UInt32 = 4096) throws(SystemCallError) {
        let uring = try URing(completions: entries)
        let ring = uring.ring
        let layout = RingLayout(
            producer: UInt64(ring.completion_tail), consumer: UInt64(ring.completion_head),
            entries: UInt64(ring.completions), entryStride: UInt32(MemoryLayout<CompletionEntry>.stride),
            capacity: ring.completion_entries)
        let mapping = Mapping(borrowing: ring.rings, byteCount: ring.rings_bytes, keeping: uring)
        let memory: MappedRingMemory<CompletionEntry>
        do throws(LayoutError) {
            memory = try MappedRingMemory(mapping, layout: layout)
        } catch {
            throw SystemCallError("io_uring_setup", errno: EBADMSG, hint: "its completion queue: \(error)")
        }
        completions = ConsumerRing(memory: memory)
        self.uring = uring
    }

    /// Queues a request that does nothing.
    public mutating func queueNothing(userData: UInt64) {
        ctr_zcrx_queue_nop(&uring.ring, userData)
        queued += 1
    }

    /// Queues a receive through `zcrx`, a completion for each piece of payload.
    ///
    /// - Parameters:
    ///   - length: the receive ends after so many bytes; 0: with the stream.
    ///   - onWorker: a worker thread of the kernel does it (`IOSQE_ASYNC`).
    public mutating func queueReceive(
        from socket: CInt, through zcrx: UInt32, length: UInt32 = 0, userData: UInt64 = 0, onWorker: Bool = false
    ) {
        ctr_zcrx_queue_receive(&uring.ring, socket, zcrx, length, userData, onWorker ? 1 : 0)
        queued += 1
    }

    /// Submits what is queued, lets the kernel work and waits for `count` completions; 0 does not wait.
    ///
    /// - Returns: false if they did not come in time.
    /// - Throws: `SystemCallError`.
    @discardableResult
    public mutating func submit(
        awaiting count: UInt32, timeoutNanoseconds: Int64 = 5_000_000_000
    ) throws(SystemCallError) -> Bool {
        // By itself: a call that submits says how many, whatever became of its wait.
        let submitting = queued
        queued = 0
        if submitting > 0 { _ = try enter(submitting, awaiting: 0, timeoutNanoseconds) }
        return try enter(0, awaiting: count, timeoutNanoseconds) != -ETIME
    }

    private func enter(
        _ submitting: UInt32, awaiting count: UInt32, _ timeoutNanoseconds: Int64
    ) throws(SystemCallError) -> CInt {
        while true {
            let result = ctr_zcrx_enter(&uring.ring, submitting, count, timeoutNanoseconds)
            // The end of another io_uring of this thread interrupts the wait.
            if result == -EINTR { continue }
            guard result != -ETIME else { return result }
            return try SystemCallError.check(result, "io_uring_enter")
        }
    }
}

/// The descriptor and its mappings; the completions' memory keeps them.
final class URing: @unchecked Sendable {
    var ring = ctr_zcrx_uring()

    init(completions: UInt32) throws(SystemCallError) {
        try SystemCallError.check(
            ctr_zcrx_open(&ring, 8, completions), "io_uring_setup",
            hint: "it needs Linux 6.6, and sysctl kernel.io_uring_disabled must allow it")
    }

    deinit { ctr_zcrx_close(&ring) }
}
