import FoundationEssentials

/// A Linux capability that some command needs.
public enum Capability: Int, CaseIterable, Sendable {
    /// Interfaces, and XDP programs on them.
    case netAdmin = 12
    /// AF_XDP and AF_PACKET sockets.
    case netRaw = 13
    /// New network namespaces.
    case sysAdmin = 21
    /// Loading BPF programs; CAP_SYS_ADMIN includes it.
    case bpf = 39

    /// Its name in capabilities(7).
    public var name: String {
        switch self {
        case .netAdmin: "CAP_NET_ADMIN"
        case .netRaw: "CAP_NET_RAW"
        case .sysAdmin: "CAP_SYS_ADMIN"
        case .bpf: "CAP_BPF"
        }
    }

    /// Those of `wanted` that the calling thread does not have.
    public static func missing(of wanted: [Capability]) -> [Capability] {
        guard let status = try? Data(contentsOf: URL(filePath: "/proc/thread-self/status")) else { return [] }
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        guard let text = line?.split(whereSeparator: \.isWhitespace).last, let held = UInt64(text, radix: 16) else {
            return []
        }
        func has(_ capability: Capability) -> Bool { held >> UInt64(capability.rawValue) & 1 == 1 }
        return wanted.filter { !has($0) && !($0 == .bpf && has(.sysAdmin)) }
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
