import CTokenRing
import Glibc
import TokenRing

/// `recvmsg` on loopback TCP, with and without control messages. All data is queued before the clock is read.
///
/// Each variant has a connection of its own, so that no option is switched between rounds, and every variant takes
/// part in every round. Receive timestamps are on in the kernel as long as one of the sockets asks for them, for all
/// variants alike; the sender's side pays for them outside the timed part.
final class ReceiveCalls: CallGroup {
    /// What one variant receives.
    struct Variant {
        let name: String
        /// Bytes per call.
        let size: Int
        /// A set of `ctr_control`.
        let control: UInt32
        /// Whether the bytes are consumed without being copied.
        let discards: Bool
    }

    static let inq = CTR_CONTROL_INQ.rawValue
    static let timestampns = CTR_CONTROL_TIMESTAMPNS.rawValue
    static let timestamping = CTR_CONTROL_TIMESTAMPING.rawValue

    static let variants = [
        Variant(name: "recvmsg_64_b", size: 64, control: 0, discards: false),
        Variant(name: "recvmsg_64_b_inq", size: 64, control: inq, discards: false),
        Variant(name: "recvmsg_64_b_timestampns", size: 64, control: timestampns, discards: false),
        Variant(name: "recvmsg_64_b_timestamping", size: 64, control: timestamping, discards: false),
        Variant(name: "recvmsg_64_b_both_timestamps", size: 64, control: timestampns | timestamping, discards: false),
        Variant(name: "recvmsg_64_b_all_three", size: 64, control: inq | timestampns | timestamping, discards: false),
        Variant(name: "recvmsg_64_kib", size: 65536, control: 0, discards: false),
        Variant(name: "recvmsg_64_kib_timestampns", size: 65536, control: timestampns, discards: false),
        Variant(
            name: "recvmsg_64_kib_all_three", size: 65536, control: inq | timestampns | timestamping, discards: false),
        Variant(name: "recvmsg_64_kib_discarded", size: 65536, control: 0, discards: true),
    ]

    static let figures = variants.map { variant in
        let data =
            variant.discards ? "\(variant.size) queued bytes freed, not copied" : "copy of \(variant.size) queued bytes"
        let control = variant.controlBytes == 0 ? "no" : "\(variant.controlBytes) B (CMSG_SPACE) of"
        let sharing = variant.size > 4096 ? "" : "; many reads share one send, so that hardly any frees a buffer"
        return CallFigure(
            name: variant.name, contains: "crossing, socket lock, \(data), \(control) control messages",
            leavesOut: "waiting, and what devmem adds: a token per fragment and its struct dmabuf_cmsg" + sharing,
            callsPerRound: variant.size > 4096 ? 6 : 128)
    }

    private let connections: [LoopbackConnection]
    private let data: UnsafeMutableRawPointer
    private let control: UnsafeMutableRawPointer
    private static let controlCapacity = 1024
    private static let sendBytes = 65536
    private static let receiveBytes: CInt = 8 << 20

    init() throws(SystemCallError) {
        var connections: [LoopbackConnection] = []
        for variant in Self.variants {
            let connection = try LoopbackConnection(receiveBytes: Self.receiveBytes)
            try SystemCallError.check(
                ctr_ask_control(connection.receiver, variant.control), "setsockopt(control messages)")
            connections.append(connection)
        }
        self.connections = connections
        data = .allocate(byteCount: Self.sendBytes, alignment: 4096)
        data.initializeMemory(as: UInt8.self, repeating: 0x5A, count: Self.sendBytes)
        control = .allocate(byteCount: Self.controlCapacity, alignment: 16)
        control.initializeMemory(as: UInt8.self, repeating: 0, count: Self.controlCapacity)
        try awaitTimestamps()
    }

    /// The kernel turns receive timestamps on from a work queue (`net_enable_timestamp()`), some time after the first
    /// socket asked for them: reads until every variant has got all its messages once.
    private func awaitTimestamps() throws(SystemCallError) {
        let deadline = ctr_monotonic_ns() + 10_000_000_000
        for figure in Self.variants.indices {
            while true {
                try prepare(figure, calls: 1)
                do throws(SystemCallError) {
                    try run(figure, calls: 1)
                    break
                } catch {
                    guard error.errno == .protocolError, ctr_monotonic_ns() < deadline else { throw error }
                }
            }
        }
    }

    deinit {
        data.deallocate()
        control.deallocate()
    }

    /// Queues `calls` messages and waits until all their bytes can be received.
    func prepare(_ figure: Int, calls: Int) throws(SystemCallError) {
        let size = Self.variants[figure].size
        let total = size * calls
        var queued = 0
        while queued < total {
            let sent = ctr_send(connections[figure].sender, data, min(Self.sendBytes, total - queued))
            guard sent > 0 else {
                throw SystemCallError(
                    "send", errno: CInt(truncatingIfNeeded: sent), hint: "the receive buffer is too small")
            }
            queued += sent
        }
        let deadline = ctr_monotonic_ns() + 1_000_000_000
        while true {
            let queued = try SystemCallError.check(ctr_queued_bytes(connections[figure].receiver), "ioctl(FIONREAD)")
            if queued == total { return }
            guard ctr_monotonic_ns() < deadline else {
                throw SystemCallError("ioctl(FIONREAD)", errno: ETIMEDOUT, hint: "\(queued) of \(total) bytes arrived")
            }
            sched_yield()
        }
    }

    func run(_ figure: Int, calls: Int) throws(SystemCallError) {
        let variant = Self.variants[figure]
        let receiver = connections[figure].receiver
        let expected = variant.controlBytes
        for _ in 0..<calls {
            var controlLength = expected == 0 ? 0 : Self.controlCapacity
            let received = ctr_receive(receiver, data, variant.size, control, &controlLength, variant.discards ? 1 : 0)
            guard received == variant.size, controlLength == expected else {
                throw Self.refusal(received, controlLength, of: variant)
            }
        }
    }

    private static func refusal(_ received: Int, _ controlLength: Int, of variant: Variant) -> SystemCallError {
        if received < 0 { return SystemCallError("recvmsg", errno: CInt(truncatingIfNeeded: received)) }
        let control = "\(controlLength) of \(variant.controlBytes) B of control messages"
        return SystemCallError(
            "recvmsg", errno: EPROTO, hint: "\(received) of \(variant.size) bytes came with \(control)")
    }
}

extension ReceiveCalls.Variant {
    /// The sum of CMSG_SPACE of the messages asked for, which is what the kernel must have used.
    var controlBytes: Int {
        var bytes = 0
        if control & ReceiveCalls.inq != 0 { bytes += ctr_control_space(4) }
        if control & ReceiveCalls.timestampns != 0 { bytes += ctr_control_space(16) }
        if control & ReceiveCalls.timestamping != 0 { bytes += ctr_control_space(48) }
        return bytes
    }
}
