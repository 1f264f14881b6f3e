import CTokenRing
import Glibc
import RingKernelModel

/// The calls that a ring set's owner may make.
enum RingCalls: @unchecked Sendable {
    /// Into the model kernel in this process, with a real call across the boundary for each.
    case direct(Unmanaged<RingSet>, Crossing)
    /// A message to the kernel's process, which answers: the socket, and the ring set's number.
    case remote(CInt, UInt8)

    /// Deliver what waits: there is room now.
    func kick() {
        switch self {
        case .direct(let ringSet, let crossing):
            crossing.wakeup()
            _ = ringSet._withUnsafeGuaranteedRef { $0.kick() }
        case .remote(let socket, let number): Self.ask(socket, .kick, number)
        }
    }

    /// Take back what is in the return ring.
    func flush() {
        switch self {
        case .direct(let ringSet, let crossing):
            crossing.wakeup()
            _ = ringSet._withUnsafeGuaranteedRef { $0.flush() }
        case .remote(let socket, let number): Self.ask(socket, .flush, number)
        }
    }

    /// Waits for the answer, as a system call would.
    private static func ask(_ socket: CInt, _ message: ConsumerProcess.Message, _ number: UInt8) {
        var bytes = (message.rawValue, number)
        _ = withUnsafeBytes(of: &bytes) { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        _ = withUnsafeMutableBytes(of: &bytes) { recv(socket, $0.baseAddress, 1, 0) }
    }
}
