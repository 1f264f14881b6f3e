import CTokenRing
import TokenRing
import TokenRingXDP

/// What crossings on this kernel need, for one thread of the application: a loopback TCP connection with a byte to peek at, and a
/// generic netlink socket with a request that the kernel refuses.
final class LiveCrossing: @unchecked Sendable {
    private let connection: LoopbackConnection
    private let netlink: GenericNetlinkSocket?
    private let request: UnsafeMutableBufferPointer<UInt8>
    private let answer: UnsafeMutableBufferPointer<UInt8>

    /// Connects over loopback and queues the byte. Without generic netlink there is no round trip to make.
    init() throws(Failure) {
        do throws(SystemCallError) {
            connection = try LoopbackConnection(receiveBytes: 65536)
            var byte: UInt8 = 1
            try SystemCallError.check(CInt(ctr_send(connection.sender, &byte, 1)), "send")
        } catch {
            throw Failure(error)
        }
        netlink = try? GenericNetlinkSocket()
        let bytes = GenericNetlinkSocket.request(family: GenericNetlinkSocket.controller, command: 255)
        request = .allocate(capacity: bytes.count)
        _ = request.initialize(from: bytes)
        answer = .allocate(capacity: 8192)
        answer.initialize(repeating: 0)
    }

    deinit {
        request.deallocate()
        answer.deallocate()
    }

    /// The calls, as plain numbers; valid as long as this object lives.
    var crossing: Crossing {
        Crossing(
            socket: connection.receiver, netlink: netlink?.descriptor ?? -1,
            request: UnsafePointer(request.baseAddress), requestBytes: request.count, answer: answer.baseAddress,
            answerBytes: answer.count)
    }
}
