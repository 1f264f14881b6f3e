import CTokenRing
import Glibc
import SystemPackage
import TokenRing

/// A Unix socket (SOCK_SEQPACKET) that consumers connect to. Its file goes away with it.
final class ListeningSocket {
    private let socket: OwnedDescriptor
    private let path: String

    /// Makes the socket's file. One that a dead server left is replaced; anything else at `path` is left alone.
    ///
    /// Whoever may write the file may connect: the umask decides.
    init(path: String) throws(Failure) {
        self.path = path
        var result = ctr_serve_listen(path, 16)
        if result == -EADDRINUSE, Self.isLeftOver(path) {
            unlink(path)
            result = ctr_serve_listen(path, 16)
        }
        guard result >= 0 else {
            throw Failure(
                .systemCall, "cannot listen on \(path): \(Errno(rawValue: -result)); choose another --socket")
        }
        socket = OwnedDescriptor(FileDescriptor(rawValue: result))
    }

    /// Whether the file is a socket that nobody listens on.
    private static func isLeftOver(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        let result = ctr_serve_connect(path)
        if result >= 0 { close(result) }
        return result == -ECONNREFUSED
    }

    /// For poll.
    var descriptor: CInt { socket.descriptor.rawValue }

    /// The next consumer that wants to connect, or nil.
    func accept() -> OwnedDescriptor? {
        let result = ctr_serve_accept(socket.descriptor.rawValue)
        return result >= 0 ? OwnedDescriptor(FileDescriptor(rawValue: result)) : nil
    }

    deinit { unlink(path) }
}
