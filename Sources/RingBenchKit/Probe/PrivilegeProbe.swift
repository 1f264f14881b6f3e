import CTokenRing

/// What this process may do: capabilities and locked memory.
public struct PrivilegeProbe: Encodable, Sendable {
    /// The capabilities that some command needs (include/uapi/linux/capability.h), with what for.
    public enum Capability: UInt32, CaseIterable, Encodable, Sendable {
        /// `CAP_NET_ADMIN`: attaching XDP programs, making veth pairs, binding dma-bufs, zcrx.
        case netAdmin = 12
        /// `CAP_NET_RAW`: AF_XDP and AF_PACKET sockets.
        case netRaw = 13
        /// `CAP_IPC_LOCK`: a UMEM beyond RLIMIT_MEMLOCK.
        case ipcLock = 14
        /// `CAP_SYS_ADMIN`: a network namespace without a user namespace.
        case sysAdmin = 21
        /// `CAP_BPF`: loading BPF programs and making maps.
        case bpf = 39

        /// As capabilities(7) writes it.
        public var name: String {
            switch self {
            case .netAdmin: "CAP_NET_ADMIN"
            case .netRaw: "CAP_NET_RAW"
            case .ipcLock: "CAP_IPC_LOCK"
            case .sysAdmin: "CAP_SYS_ADMIN"
            case .bpf: "CAP_BPF"
            }
        }

        /// Whether the calling thread has it in its effective set.
        public var isPresent: Bool { ctr_capability(rawValue) == 1 }
    }

    /// Names of those that are in the effective set.
    public let present: [String]
    /// Names of those that are not.
    public let absent: [String]
    /// Soft RLIMIT_MEMLOCK in bytes; nil without a limit. It does not bind a process with CAP_IPC_LOCK.
    public let memlockBytes: UInt64?

    private enum Key: String, CodingKey {
        case present = "capabilities_present"
        case absent = "capabilities_absent"
        case memlockBytes = "rlimit_memlock_bytes"
    }

    /// Asks the kernel.
    public init() {
        present = Capability.allCases.filter(\.isPresent).map(\.name)
        absent = Capability.allCases.filter { !$0.isPresent }.map(\.name)
        var (soft, hard): (UInt64, UInt64) = (0, 0)
        memlockBytes = ctr_memlock_limit(&soft, &hard) == 0 && soft != .max ? soft : nil
    }

    /// `rlimit_memlock_bytes` is null without a limit.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(present, forKey: .present)
        try container.encode(absent, forKey: .absent)
        try container.encode(memlockBytes, forKey: .memlockBytes)
    }
}
