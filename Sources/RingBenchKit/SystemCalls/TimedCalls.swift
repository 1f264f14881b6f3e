import CTokenRing
import SystemPackage
import TokenRing

/// The sockets and rings that the timed calls are made on, and each call as a closure that returns the nanoseconds of a
/// batch or -errno.
final class TimedCalls {
    struct Call {
        let name: String
        let contains: String
        /// Calls in a batch.
        let calls: Int32
        let run: (Int32) -> Int64
    }

    /// Receives with no control message.
    let plain: (receiver: OwnedDescriptor, sender: OwnedDescriptor)
    private let eventfd: OwnedDescriptor
    private let netlink: OwnedDescriptor?
    private let uring: OpaquePointer?
    private let uringRefusal: Int64

    static let tokenCounts = [1, 16, 64, 128]
    static let nopCounts: [UInt32] = [0, 1, 16, 64]
    /// Control messages that a TCP socket can be made to send, by the bytes of control space they take.
    static let controlSets: [(name: String, set: Int32)] = [
        ("no control message", 0),
        ("TCP_INQ, 24 B of control", Int32(CTR_CONTROL_INQ.rawValue)),
        ("SCM_TIMESTAMPNS, 32 B of control", Int32(CTR_CONTROL_TIMESTAMP.rawValue)),
        (
            "TCP_INQ and SCM_TIMESTAMPNS, 56 B of control",
            Int32(CTR_CONTROL_INQ.rawValue | CTR_CONTROL_TIMESTAMP.rawValue)
        ),
    ]

    init() throws(SystemCallError) {
        plain = try Self.tcpPair()
        eventfd = try OwnedDescriptor(ctr_eventfd(), of: "eventfd")
        netlink = try? OwnedDescriptor(ctr_netlink_generic(), of: "socket(AF_NETLINK)")
        var ring: OpaquePointer?
        let result = ctr_uring_open(64, &ring)
        uring = ring
        uringRefusal = Int64(result)
    }

    deinit { if let uring { ctr_uring_close(uring) } }

    static func tcpPair() throws(SystemCallError) -> (OwnedDescriptor, OwnedDescriptor) {
        var ends: [Int32] = [-1, -1]
        try SystemCallError.check(ctr_tcp_pair(&ends), "connect", hint: "TCP over loopback is needed")
        return (
            OwnedDescriptor(FileDescriptor(rawValue: ends[0])), OwnedDescriptor(FileDescriptor(rawValue: ends[1]))
        )
    }

    static func dontNeedName(_ tokens: Int) -> String { "setsockopt(SO_DEVMEM_DONTNEED), \(tokens) tokens" }
    static func recvmsgName(_ bytes: Int, _ control: String) -> String { "recvmsg, \(bytes) B, \(control)" }
    static let smallBytes = 64

    /// Every call, in the order of the table.
    var all: [Call] {
        [
            Call(name: "getppid", contains: "the floor: entering and leaving the kernel", calls: 20_000) {
                ctr_time_getppid($0)
            },
            Call(name: "eventfd write", contains: "a wakeup with nobody asleep", calls: 10_000) { [eventfd] in
                ctr_time_eventfd(eventfd.descriptor.rawValue, $0)
            },
        ] + dontNeedCalls + receiveCalls + [
            Call(
                name: "generic netlink, getfamily round trip",
                contains: "a request and a reply, two calls and two buffers", calls: 1000
            ) { [netlink] in
                guard let netlink else { return -Int64(Errno.permissionDenied.rawValue) }
                return ctr_time_netlink(netlink.descriptor.rawValue, "nlctrl", $0)
            }
        ] + uringCalls
    }

    private var dontNeedCalls: [Call] {
        Self.tokenCounts.map { count in
            Call(
                name: Self.dontNeedName(count),
                contains: "a TCP socket that holds nothing: copy_from_user and the lookup of absent tokens", calls: 2000
            ) { [receiver = plain.receiver] calls in
                let tokens = (0..<count).map { TokenRange(token_start: UInt32($0 + 1), token_count: 1) }
                return tokens.withUnsafeBytes {
                    ctr_time_dontneed(receiver.descriptor.rawValue, $0.baseAddress, $0.count, calls)
                }
            }
        }
    }

    private var receiveCalls: [Call] {
        [Self.smallBytes, 65536].flatMap { bytes in
            Self.controlSets.map { control in
                Call(
                    name: Self.recvmsgName(bytes, control.name),
                    contains:
                        "loopback TCP, data queued before; the median leaves out calls that also send an acknowledgement",
                    calls: bytes > 4096 ? 100 : 500
                ) { [plain] calls in
                    let receiver = plain.receiver.descriptor.rawValue
                    var controlBytes = 0
                    let refusal = ctr_set_controls(receiver, control.set)
                    guard refusal == 0 else { return Int64(refusal) }
                    return ctr_time_recvmsg(receiver, plain.sender.descriptor.rawValue, bytes, calls, &controlBytes)
                }
            }
        }
    }

    private var uringCalls: [Call] {
        Self.nopCounts.map { nops in
            Call(
                name: "io_uring_enter, \(nops) NOPs",
                contains: "submit and reap; what a zcrx flush would enter by", calls: nops > 1 ? 500 : 4000
            ) { [uring, uringRefusal] calls in
                uring.map { ctr_time_uring($0, nops, calls) } ?? uringRefusal
            }
        }
    }
}
