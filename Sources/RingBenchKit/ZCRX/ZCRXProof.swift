import CTokenRing
import Glibc
import TokenRing
import TokenRingZCRX

/// A checked stream over loopback TCP through io_uring zcrx without a device, every buffer given back by TokenRing's producer.
///
/// It is a proof of the interface - refill ring, tokens, completions, flush - with this kernel as the other side, and none of
/// zero copy: without a device the kernel copies.
public struct ZCRXProof: Sendable {
    /// Bytes to receive, a multiple of 8.
    public var bytes: UInt64 = 64 << 20
    /// Buffers of the area, a page each.
    public var buffers = 1024
    /// Slots of the refill ring, a power of two; fewer than buffers, so that it is full now and then.
    public var refillEntries: UInt32 = 256

    /// The defaults.
    public init() {}

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    public func check() throws(Failure) {
        guard bytes > 0, bytes % 8 == 0, bytes <= 1 << 40 else {
            throw Failure(.usage, "--bytes is \(bytes): it must be a multiple of 8, at most \(UInt64(1) << 40)")
        }
        guard (16...262_144).contains(buffers) else {
            throw Failure(.usage, "--buffers is \(buffers): it must be 16 to 262144 pages")
        }
        guard refillEntries > 0, refillEntries <= 32768, refillEntries & (refillEntries - 1) == 0 else {
            throw Failure(.usage, "--ring-size is \(refillEntries): it must be a power of two, 1 to 32768")
        }
        guard Int(refillEntries) < buffers else {
            throw Failure(.usage, "--ring-size is \(refillEntries): it must be less than the \(buffers) buffers")
        }
    }

    /// Runs it on the calling thread.
    ///
    /// - Throws: `Failure`: `.usage` for an option; `.privilege` without CAP_NET_ADMIN; `.unavailable` with the kernel's errno
    ///   where zcrx cannot do without a device; `.systemCall` otherwise.
    public func run(progress: Progress) throws(Failure) -> ZCRXProofReport {
        try check()
        try Capability.require([.netAdmin], for: "zcrx prove")
        progress.step("zcrx prove: \(bytes) bytes over loopback TCP")
        try ZCRXSupport.require()
        do throws(SystemCallError) {
            return try measure()
        } catch {
            guard !Interrupt.isRequested else {
                throw Failure(.interrupted, "zcrx prove was stopped; nothing is proved")
            }
            throw Failure(error)
        }
    }

    private func measure() throws(SystemCallError) -> ZCRXProofReport {
        var receiver = try ZCRXReceiver(buffers: buffers, refillEntries: refillEntries)
        let connection = try LoopbackConnection(receiveBytes: 1 << 20)
        // Behind the checked bytes comes what it takes to use up the area.
        let behind = UInt64(buffers) * UInt64(ZCRXQueue.bufferBytes) * 2
        let sender = try StreamSender(over: connection, bytes: bytes + behind)
        defer { _ = sender.stop() }
        let result = try receiver.receive(bytes, from: connection.receiver, returning: .whenFull, restarting: true)
        try SystemCallError.check(result, "receive through zcrx", hint: "after \(receiver.receivedBytes) bytes")
        try receiver.flush()
        let entriesLeft = receiver.entriesWaiting()
        let (checkedBytes, pieces) = (receiver.receivedBytes, receiver.pieces)
        let buffersAtEnd = try Self.useUp(&receiver, from: connection.receiver, atMost: behind)
        return ZCRXProofReport(
            evidence: .kernel, mode: "nodev: the kernel copies", receivedBytes: checkedBytes,
            wrongBytes: receiver.wrongBytes, pieces: pieces, strayPieces: receiver.strayPieces,
            returnedBuffers: receiver.returned, entriesLeft: entriesLeft, flushesWhenFull: receiver.flushesWhenFull,
            restarts: receiver.restarts, areaBuffers: UInt64(buffers), buffersAtEnd: buffersAtEnd,
            refillEntries: receiver.queue.refill.capacity)
    }

    /// Keeps every buffer until the kernel has none.
    ///
    /// - Returns: how many it had.
    private static func useUp(
        _ receiver: inout ZCRXReceiver, from socket: CInt, atMost bytes: UInt64
    ) throws(SystemCallError) -> UInt64 {
        let first = receiver.pieces
        var before: UInt64
        // A receive may have ended for want of buffers before the last flush: only one that gets none at all knows.
        repeat {
            before = receiver.pieces
            let result = try receiver.receive(bytes, from: socket, returning: .never)
            guard result == -ENOMEM else {
                throw SystemCallError(
                    "receive through zcrx", errno: result == 0 ? ENOSPC : result,
                    hint: "the area should have been used up after \(receiver.pieces - first) buffers")
            }
        } while receiver.pieces > before
        return receiver.pieces - first
    }
}
