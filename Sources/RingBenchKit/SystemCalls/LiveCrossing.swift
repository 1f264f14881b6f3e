import CTokenRing
import TokenRing

/// Crossings on this kernel: a peek of one byte for each receive, a DONTNEED of one absent token for each other call.
///
/// Used by the application's thread alone.
final class LiveCrossing: Crossing, @unchecked Sendable {
    private let connection: LoopbackConnection

    /// Connects over loopback and queues the byte.
    init() throws(Failure) {
        do throws(SystemCallError) {
            connection = try LoopbackConnection(receiveBytes: 65536)
            var byte: UInt8 = 1
            try SystemCallError.check(CInt(ctr_send(connection.sender, &byte, 1)), "send")
        } catch {
            throw Failure(error)
        }
    }

    func receive() { _ = ctr_peek_byte(connection.receiver) }
    func dontNeed() { enter() }
    func wakeup() { enter() }

    private func enter() {
        withUnsafeBytes(of: TokenRange(token_start: 1, token_count: 1)) {
            _ = ctr_devmem_dontneed(connection.receiver, $0.baseAddress, UInt32($0.count))
        }
    }
}
