import CTokenRing
import Glibc
import Synchronization
import TokenRing

/// Sends the checked stream over a loopback connection from a thread of its own, and stops when it is told to or goes away.
final class StreamSender {
    private let connection: LoopbackConnection
    private let stopping: StopFlag
    private let thread: PinnedThread<UInt64>

    /// A flag that both threads hold.
    private final class StopFlag: Sendable {
        let isSet = Atomic<Bool>(false)
    }

    /// Starts to send `bytes` bytes, a multiple of 8, from `position` of the stream.
    init(over connection: LoopbackConnection, from position: UInt64 = 0, bytes: UInt64) throws(SystemCallError) {
        self.connection = connection
        let flag = StopFlag()
        stopping = flag
        let socket = connection.sender
        thread = try PinnedThread { Self.send(to: socket, from: position, bytes: bytes, until: flag) }
    }

    /// Tells it to stop and waits for it.
    ///
    /// - Returns: bytes that the kernel took.
    func stop() -> UInt64 {
        stopping.isSet.store(true, ordering: .releasing)
        return thread.join()
    }

    /// The socket gives up after a second without room, so the flag is looked at.
    private static func send(to socket: CInt, from position: UInt64, bytes: UInt64, until flag: StopFlag) -> UInt64 {
        let stream = StreamBytes()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 8)
        defer { buffer.deallocate() }
        var sent: UInt64 = 0
        while sent < bytes {
            let count = Int(min(UInt64(buffer.count), bytes - sent))
            stream.write(at: position + sent, to: UnsafeMutableRawBufferPointer(rebasing: buffer[0..<count]))
            var done = 0
            while done < count {
                if flag.isSet.load(ordering: .acquiring) { return sent + UInt64(done) }
                let result = ctr_send(socket, buffer.baseAddress.map { $0 + done }, count - done)
                if result == -Int(EAGAIN) || result == -Int(EINTR) { continue }
                guard result > 0 else { return sent + UInt64(done) }
                done += result
            }
            sent += UInt64(count)
        }
        return sent
    }
}
