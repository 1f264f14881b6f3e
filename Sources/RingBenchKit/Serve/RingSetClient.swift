import CTokenRing
import Glibc
import TokenRing

/// A consumer's end of a connection to who serves ring sets (token_ring_serve.h): the calls on its ring set's descriptor, and
/// poll.
final class RingSetClient {
    private let socket: OwnedDescriptor
    /// An answer to a call is never waited for longer: the server lets no call wait.
    private static let patienceNanoseconds: Int64 = 10_000_000_000

    /// Over a connected socket.
    init(_ socket: OwnedDescriptor) { self.socket = socket }

    /// Asks for a ring set with one socket, and for the payload.
    ///
    /// - Throws: `Failure` of kind `.systemCall` if none is given.
    func open() throws(Failure) -> (
        answer: token_ring_serve_opened, region: OwnedDescriptor, payload: OwnedDescriptor
    ) {
        var ask = token_ring_serve_open()
        ask.version = UInt32(TOKEN_RING_SERVE_VERSION)
        ask.flags = UInt32(TOKEN_RING_SERVE_PAYLOAD)
        ask.sockets = 1
        _ = ctr_serve_send(socket.descriptor.rawValue, &ask, MemoryLayout.size(ofValue: ask), nil, 0)
        var answer = token_ring_serve_opened()
        var descriptors: [CInt] = [-1, -1]
        var count: CInt = 2
        let length = ctr_serve_receive_with(
            socket.descriptor.rawValue, &answer, MemoryLayout.size(ofValue: answer), &descriptors, &count)
        let owned = descriptors.prefix(Int(count)).map { OwnedDescriptor(.init(rawValue: $0)) }
        guard length == MemoryLayout.size(ofValue: answer), answer.result == 0, owned.count == 2 else {
            throw Failure(.systemCall, "no ring set was given (\(answer.result))")
        }
        return (answer, owned[0], owned[1])
    }

    /// Makes a call without ranges and waits for its answer. Nil at the end of the connection.
    func call(_ call: token_ring_call) -> token_ring_serve_answer? {
        var head = (call.rawValue, UInt32(0))
        guard ctr_serve_send(socket.descriptor.rawValue, &head, RingCall.headBytes, nil, 0) >= 0 else { return nil }
        while ctr_poll_in(socket.descriptor.rawValue, Self.patienceNanoseconds) > 0 {
            guard let answer = receive() else { return nil }
            if answer.call == call.rawValue { return answer }
        }
        return nil
    }

    /// Sleeps until it is woken, `nanoseconds` at the most. False at the end of the connection.
    func sleep(nanoseconds: Int64) -> Bool {
        let result = ctr_poll_in(socket.descriptor.rawValue, nanoseconds)
        guard result > 0 else { return result == 0 || result == -EINTR }
        // One wakeup a call; those that are left only make the next sleep short.
        return receive() != nil
    }

    private func receive() -> token_ring_serve_answer? {
        var answer = token_ring_serve_answer()
        let length = ctr_serve_receive(socket.descriptor.rawValue, &answer, MemoryLayout.size(ofValue: answer))
        return length == MemoryLayout.size(ofValue: answer) ? answer : nil
    }
}
