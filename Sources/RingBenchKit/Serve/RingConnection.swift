import CTokenRing
import Glibc
import RingKernelModel
import TokenRing

/// One consumer's connection: its ring set's descriptor as far as it can be called and polled. The main thread's.
///
/// Nothing that the consumer does or leaves undone makes it wait: an answer that does not fit into the socket is kept, and
/// no further call is read before it went out.
final class RingConnection {
    /// For the log; the first is 1.
    let number: Int
    /// What was made for it; nil before its first message.
    private(set) var served: Served?
    /// Calls that were made, and those of them that were refused.
    private(set) var calls: (made: UInt64, refused: UInt64) = (0, 0)
    private let socket: OwnedDescriptor
    private let wakes: Bool
    private var unsent: token_ring_serve_answer?

    /// A ring set and what comes in for it.
    struct Served {
        let ringSet: RingSet
        let stream: ServedStream
    }

    /// What an opened connection is answered.
    struct Granted {
        let served: Served
        var answer: token_ring_serve_opened
        /// The region's, and the payload's if it was asked for; open as long as the ring set and the server are there.
        let descriptors: [CInt]
    }

    /// - Parameter wakes: false for a consumer that never sleeps: then nobody asks whether it does.
    init(_ socket: OwnedDescriptor, number: Int, wakes: Bool = true) {
        self.socket = socket
        self.wakes = wakes
        self.number = number
    }

    /// What to poll for.
    var interest: pollfd {
        let events = unsent == nil ? POLLIN : POLLOUT
        return pollfd(fd: socket.descriptor.rawValue, events: Int16(events), revents: 0)
    }

    /// Handles what poll said; one message at the most, so that every connection has its turn.
    ///
    /// - Parameter open: makes a ring set, or answers a positive errno.
    /// - Returns: false when the connection has ended.
    func handle(_ events: Int16, open: (token_ring_serve_open) -> Result<Granted, RingCall.Refusal>) -> Bool {
        let events = Int32(events)
        if events & (POLLHUP | POLLERR) != 0 { return false }
        if events & POLLOUT != 0, let answer = unsent {
            unsent = nil
            return send(answer)
        }
        guard events & POLLIN != 0 else { return true }
        return withUnsafeTemporaryAllocation(byteCount: RingCall.mostBytes, alignment: 8) { buffer in
            let length = ctr_serve_receive(socket.descriptor.rawValue, buffer.baseAddress, buffer.count)
            if length == -Int(EAGAIN) { return true }
            if length < 0 { return false }
            let message = UnsafeRawBufferPointer(rebasing: buffer[..<min(length, buffer.count)])
            guard let served else { return begin(message, length: length, open) }
            return call(served.ringSet, message, length: length)
        }
    }

    /// Refuses a connection that was not opened.
    func refuse(_ errno: Int32) {
        var answer = token_ring_serve_opened()
        answer.result = -errno
        _ = ctr_serve_send(socket.descriptor.rawValue, &answer, MemoryLayout.size(ofValue: answer), nil, 0)
    }

    // MARK: messages

    private func begin(
        _ message: UnsafeRawBufferPointer, length: Int,
        _ open: (token_ring_serve_open) -> Result<Granted, RingCall.Refusal>
    ) -> Bool {
        guard length == MemoryLayout<token_ring_serve_open>.size else {
            refuse(EINVAL)
            return false
        }
        switch open(message.loadUnaligned(as: token_ring_serve_open.self)) {
        case .failure(let refusal):
            refuse(refusal.errno)
            return false
        case .success(var granted):
            served = granted.served
            // Before the consumer can have the ring: it may go to sleep as soon as it does.
            let socket = socket
            if wakes { granted.served.ringSet.onWakeup { Self.wake(socket) } }
            let sent = ctr_serve_send(
                socket.descriptor.rawValue, &granted.answer, MemoryLayout.size(ofValue: granted.answer),
                granted.descriptors, CInt(granted.descriptors.count))
            withExtendedLifetime(granted) {}
            return sent > 0
        }
    }

    /// Makes poll say POLLIN at the other end. If the socket is full, it says so already.
    private static func wake(_ socket: OwnedDescriptor) {
        var wakeup = token_ring_serve_answer()
        wakeup.call = UInt32(TOKEN_RING_SERVE_WAKEUP)
        _ = ctr_serve_send(socket.descriptor.rawValue, &wakeup, MemoryLayout.size(ofValue: wakeup), nil, 0)
        withExtendedLifetime(socket) {}
    }

    private func call(_ ringSet: RingSet, _ message: UnsafeRawBufferPointer, length: Int) -> Bool {
        var answer = token_ring_serve_answer()
        calls.made += 1
        switch RingCall.decode(message, length: length) {
        case .failure(let refusal):
            calls.refused += 1
            answer.call = refusal.call
            answer.result = -refusal.errno
        case .success(let (number, call)):
            answer.call = number
            answer.result = Int32(clamping: perform(call, on: ringSet, message, &answer.counters))
        }
        return send(answer)
    }

    private func perform(
        _ call: RingCall, on ringSet: RingSet, _ message: UnsafeRawBufferPointer, _ counters: inout token_ring_counters
    ) -> Int {
        switch call {
        case .flush: return ringSet.flush()
        case .kick: return ringSet.kick()
        case .arm: return ringSet.arm()
        case .release: return ringSet.release(UnsafeRawBufferPointer(rebasing: message[RingCall.headBytes...]))
        case .counters:
            counters = ringSet.counters
            return 0
        }
    }

    /// False when nobody is at the other end.
    private func send(_ answer: token_ring_serve_answer) -> Bool {
        let sent = withUnsafeBytes(of: answer) {
            ctr_serve_send(socket.descriptor.rawValue, $0.baseAddress, $0.count, nil, 0)
        }
        if sent == -Int(EAGAIN) { unsent = answer }
        return sent >= 0 || sent == -Int(EAGAIN)
    }
}
