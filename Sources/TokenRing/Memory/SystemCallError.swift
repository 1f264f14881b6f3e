import SystemPackage

/// A system call that failed at set-up: which, with what errno, and what to do about it.
public struct SystemCallError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call, as its manual page names it.
    public let call: String
    /// What the kernel said.
    public let errno: Errno
    /// The likely cause and the next step; may be empty.
    public let hint: String

    /// An error of `call`. `errno` is positive, or negative as libxdp and the C shims return it.
    public init(_ call: String, errno: CInt, hint: String = "") {
        self.call = call
        self.errno = Errno(rawValue: abs(errno))
        self.hint = hint
    }

    /// One sentence.
    public var description: String {
        "\(call): \(errno) (errno \(errno.rawValue))" + (hint.isEmpty ? "" : ": \(hint)")
    }

    /// Passes a non-negative `result` on and throws for -errno.
    @discardableResult
    public static func check(_ result: CInt, _ call: String, hint: String = "") throws(SystemCallError) -> CInt {
        guard result >= 0 else { throw SystemCallError(call, errno: result, hint: hint) }
        return result
    }
}
