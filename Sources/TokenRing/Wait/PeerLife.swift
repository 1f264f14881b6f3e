import CTokenRing
import SystemPackage

/// Whether the process at a ring's other end still lives: a pidfd, which becomes readable when the process has ended, by whatever end.
///
/// A process that is stopped lives; one that is slow lives. There is no timeout in it, so nothing that was paused is
/// taken for dead. Whoever holds the process id may watch; no privilege is needed (pidfd_open(2)).
public struct PeerLife: Sendable {
    private let pidfd: OwnedDescriptor

    /// Watches a process by its id. The caller must know that the id is still that process's: its parent does, and whoever has
    /// a socket to it.
    ///
    /// - Throws: `SystemCallError`; ESRCH when there is no such process.
    public init(of process: CInt) throws(SystemCallError) {
        pidfd = try OwnedDescriptor(
            ctr_pidfd_open(process), of: "pidfd_open", hint: "process \(process) may have ended already")
    }

    /// Watches the process that made the other end of a Unix socket (`SO_PEERCRED`).
    ///
    /// - Throws: `SystemCallError`; ESRCH when it has ended.
    public init(behind socket: FileDescriptor) throws(SystemCallError) {
        try self.init(of: try SystemCallError.check(ctr_socket_peer(socket.rawValue), "getsockopt(SO_PEERCRED)"))
    }

    /// Whether it has ended. One system call.
    public var hasEnded: Bool { ctr_poll_in(descriptor.rawValue, 0) == 1 }

    /// To be polled for reading among a program's other descriptors, as long as this lives.
    public var descriptor: FileDescriptor { pidfd.descriptor }
}
