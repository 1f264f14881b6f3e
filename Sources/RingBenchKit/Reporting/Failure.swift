import TokenRing

/// Why a command ends without a result, and with which exit code (design/measuring.md has the table).
public enum FailureKind: Int32, Codable, Sendable {
    /// Measured, and a check failed.
    case checkFailed = 1
    /// The command line is wrong.
    case usage = 64
    /// This host lacks something: a kernel feature, a driver mode, a library.
    case unavailable = 69
    /// A token, frame or byte was lost, doubled or changed: no number may be printed.
    case invariantBroken = 70
    /// A system call failed.
    case systemCall = 71
    /// A capability is missing.
    case privilege = 77
    /// Ctrl-C; what was measured was printed.
    case interrupted = 130
}

/// A failure that the user sees: one sentence that names the cause and the next step, and the exit code.
public struct Failure: Error, CustomStringConvertible {
    /// Decides the exit code.
    public let kind: FailureKind
    /// The sentence.
    public let description: String

    /// A failure with its sentence.
    public init(_ kind: FailureKind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// The failure behind a system call's error: a missing privilege for EPERM and EACCES.
    public init(_ error: SystemCallError) {
        let lacksPrivilege = error.errno == .notPermitted || error.errno == .permissionDenied
        self.init(lacksPrivilege ? .privilege : .systemCall, error.description)
    }
}
