import CTokenRing

/// What this process may do: capabilities and locked memory.
public struct PrivilegeProbe: Encodable, Sendable {
    /// Names of those that are in the effective set.
    public let present: [String]
    /// Names of those that are not.
    public let absent: [String]
    /// Soft RLIMIT_MEMLOCK in bytes; nil without a limit. It does not bind a process with CAP_IPC_LOCK.
    public let memlockBytes: UInt64?

    /// Asks the kernel.
    public init() {
        present = Capability.allCases.filter(\.isPresent).map(\.name)
        absent = Capability.allCases.filter { !$0.isPresent }.map(\.name)
        var (soft, hard): (UInt64, UInt64) = (0, 0)
        memlockBytes = ctr_memlock_limit(&soft, &hard) == 0 && soft != .max ? soft : nil
    }

    /// `rlimit_memlock_bytes` is null without a limit.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "capabilities_present": present, "capabilities_absent": absent,
            "rlimit_memlock_bytes": Nullable(memlockBytes),
        ])
    }
}
