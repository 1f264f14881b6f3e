import CTokenRing

/// A capability that some command needs (include/uapi/linux/capability.h).
public enum Capability: UInt32, CaseIterable, Encodable, Sendable {
    /// `CAP_NET_ADMIN`: attaching XDP programs, making veth pairs, binding dma-bufs, zcrx.
    case netAdmin = 12
    /// `CAP_NET_RAW`: AF_XDP and AF_PACKET sockets.
    case netRaw = 13
    /// `CAP_IPC_LOCK`: a UMEM beyond RLIMIT_MEMLOCK.
    case ipcLock = 14
    /// `CAP_SYS_ADMIN`: a network namespace without a user namespace.
    case sysAdmin = 21
    /// `CAP_BPF`: loading BPF programs and making maps; CAP_SYS_ADMIN includes it.
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

    /// Those of `wanted` that the calling thread does not have.
    public static func missing(of wanted: [Capability]) -> [Capability] {
        wanted.filter { !$0.isPresent && !($0 == .bpf && sysAdmin.isPresent) }
    }

    /// - Throws: `Failure` of kind `.privilege` that names what is missing.
    public static func require(_ wanted: [Capability], for purpose: String) throws(Failure) {
        let missing = missing(of: wanted)
        guard missing.isEmpty else {
            let names = missing.map(\.name).joined(separator: ", ")
            throw Failure(.privilege, "\(purpose) needs \(names); run as root or grant it with setpriv or systemd")
        }
    }
}
