import SystemPackage

/// A file descriptor that is closed when nobody refers to it any more.
public final class OwnedDescriptor: Sendable {
    /// The descriptor, valid as long as this object lives: which is to its last use, not to the end of the scope. Pass the
    /// object on rather than this, or wrap the use in `withExtendedLifetime`.
    public let descriptor: FileDescriptor

    /// Takes the descriptor over.
    public init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

    /// Takes over what a call of the C shims returned.
    ///
    /// - Throws: `SystemCallError` for -errno.
    public convenience init(_ result: CInt, of call: String, hint: String = "") throws(SystemCallError) {
        self.init(FileDescriptor(rawValue: try SystemCallError.check(result, call, hint: hint)))
    }

    deinit { try? descriptor.close() }
}
