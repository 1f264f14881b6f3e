import CTokenRing
import Glibc
import SystemPackage
import TokenRing

/// A connection to `ringbench serve`, message by message: also such messages as no honest consumer sends.
public final class ServeClient {
    /// Waits that are over after so long are failures: the server never lets a call wait.
    private static let patienceNanoseconds: Int64 = 30_000_000_000

    private let socket: OwnedDescriptor

    /// Connects.
    public init(path: String) throws(SystemCallError) {
        socket = try OwnedDescriptor(ctr_serve_connect(path), of: "connect", hint: path)
    }

    /// For poll.
    public var descriptor: CInt { socket.descriptor.rawValue }

    /// What an opened connection has.
    public struct Opened {
        /// The server's answer.
        public let answer: token_ring_serve_opened
        /// The region and, if it was asked for, the payload.
        public let descriptors: [OwnedDescriptor]
    }

    /// Asks for a ring set; nil if the answer does not come.
    public func open(
        sockets: UInt32 = 0, payload: Bool = false, change: (inout token_ring_serve_open) -> Void = { _ in }
    ) -> Opened? {
        var ask = token_ring_serve_open()
        ask.version = UInt32(TOKEN_RING_SERVE_VERSION)
        ask.sockets = sockets
        ask.flags = payload ? UInt32(TOKEN_RING_SERVE_PAYLOAD) : 0
        change(&ask)
        _ = withUnsafeBytes(of: ask) { send(Array($0)) }
        return receiveOpened()
    }

    /// The answer to a first message, whatever that was.
    public func receiveOpened() -> Opened? {
        var answer = token_ring_serve_opened()
        var received: [CInt] = [-1, -1]
        var count: CInt = 2
        guard ctr_poll_in(descriptor, Self.patienceNanoseconds) > 0 else { return nil }
        let length = withUnsafeMutableBytes(of: &answer) {
            ctr_serve_receive_with(descriptor, $0.baseAddress, $0.count, &received, &count)
        }
        guard length == MemoryLayout<token_ring_serve_opened>.size else { return nil }
        let descriptors = received.prefix(Int(count)).map { OwnedDescriptor(FileDescriptor(rawValue: $0)) }
        return Opened(answer: answer, descriptors: descriptors)
    }

    /// Sends one message, with descriptors if any; false if it does not fit into the socket or nobody is there.
    @discardableResult
    public func send(_ bytes: [UInt8], descriptors: [CInt] = []) -> Bool {
        ctr_serve_send(descriptor, bytes, bytes.count, descriptors, CInt(descriptors.count)) >= 0
    }

    /// A call's message: any number for a call, and a count that need not be right.
    public static func message(call: UInt32, count: UInt32 = 0, ranges: [TokenRange] = []) -> [UInt8] {
        withUnsafeBytes(of: (call, count)) { Array($0) } + ranges.withUnsafeBytes { Array($0) }
    }

    /// Sends a message and waits for its answer; wakeups are skipped. Nil at the end of the connection.
    public func call(_ message: [UInt8]) -> token_ring_serve_answer? {
        guard send(message) else { return nil }
        return receive()
    }

    /// One of the calls; nil at the end of the connection.
    public func call(_ call: token_ring_call, ranges: [TokenRange] = []) -> token_ring_serve_answer? {
        self.call(Self.message(call: call.rawValue, count: UInt32(ranges.count), ranges: ranges))
    }

    /// The next answer that is not a wakeup; a refused message that was no call has its number 0 too, and a result.
    public func receive() -> token_ring_serve_answer? {
        while true {
            var answer = token_ring_serve_answer()
            guard ctr_poll_in(descriptor, Self.patienceNanoseconds) > 0 else { return nil }
            let length = withUnsafeMutableBytes(of: &answer) { ctr_serve_receive(descriptor, $0.baseAddress, $0.count) }
            guard length == MemoryLayout<token_ring_serve_answer>.size else { return nil }
            if answer.call != TOKEN_RING_SERVE_WAKEUP || answer.result != 0 { return answer }
        }
    }

    /// Sleeps until a message comes, and takes all that are there. False at the end of the connection.
    public func sleep() -> Bool {
        guard ctr_poll_in(descriptor, Self.patienceNanoseconds) > 0 else { return false }
        var answer = token_ring_serve_answer()
        while true {
            let length = withUnsafeMutableBytes(of: &answer) { ctr_serve_receive(descriptor, $0.baseAddress, $0.count) }
            if length == -Int(EAGAIN) { return true }
            if length <= 0 { return false }
        }
    }
}
