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
    /// The calls, as plain numbers; valid as long as this object lives.
    let crossing: Crossing

    /// Connects over loopback and queues the byte. Without generic netlink there is no round trip to make.
    init(_ rest: Crossing.Rest = Crossing.Rest()) throws(Failure) {
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
        crossing = Crossing(
            socket: connection.receiver, netlink: netlink?.descriptor ?? -1,
            request: UnsafePointer(request.baseAddress), requestBytes: request.count, answer: answer.baseAddress,
            answerBytes: answer.count, rest: rest)
    }

    deinit {
        request.deallocate()
        answer.deallocate()
    }

}

extension Crossing.Rest {
    /// Lets a receive take as long as a whole `recvmsg` with its control messages does on this kernel: what the peek leaves out
    /// is waited for. For runs in which it counts how long the worker is busy.
    init(of costs: CrossingCosts, peek: Repetitions?, _ clock: TickClock) {
        let rest = max(0, costs.recvmsg.median - (peek?.median ?? 0))
        receiveTicks = UInt64(rest / clock.nanosecondsPerTick)
        messageTicks256 = UInt64(max(0, costs.controlMessage.median) / clock.nanosecondsPerTick * 256)
    }
}
