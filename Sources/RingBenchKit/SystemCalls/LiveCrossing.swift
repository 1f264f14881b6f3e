import CTokenRing
import TokenRing

/// Crossings on this kernel: a peek of one byte for each receive, a DONTNEED of one absent token for each other call.
final class LiveCrossing: Crossing {
    private let ends: (receiver: OwnedDescriptor, sender: OwnedDescriptor)

    /// Connects a TCP pair over loopback and queues the byte.
    init() throws(Failure) {
        do throws(SystemCallError) {
            ends = try TimedCalls.tcpPair()
        } catch {
            throw Failure(error)
        }
        do {
            _ = try ends.sender.descriptor.writeAll([1])
        } catch {
            throw Failure(.systemCall, "writing to a loopback TCP socket: \(error)")
        }
    }

    func receive() { _ = ctr_peek_byte(ends.receiver.descriptor.rawValue) }
    func dontNeed() { enter() }
    func wakeup() { enter() }

    private func enter() {
        withUnsafeBytes(of: TokenRange(token_start: 1, token_count: 1)) {
            _ = ctr_dontneed(ends.receiver.descriptor.rawValue, $0.baseAddress, $0.count)
        }
    }
}
