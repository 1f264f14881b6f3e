import CTokenRing
import Glibc
import SystemPackage
import TokenRing

/// Asks this kernel what it answers to one `SO_DEVMEM_DONTNEED`.
public enum DontneedProbe {
    /// What kind of socket the option is set on.
    public enum Socket: Sendable {
        /// A connected TCP socket that holds no fragment.
        case tcp
        /// A UDP socket.
        case udp
    }

    /// The errno of `setsockopt(SOL_SOCKET, SO_DEVMEM_DONTNEED)` with an option of `byteCount` bytes, which are ranges of
    /// one token that the socket does not hold; nil if the kernel accepted it.
    ///
    /// Linux 6.12 and later take 8 to 1024 bytes in steps of 8 on TCP (net/core/sock.c, `sock_devmem_dontneed`); an older
    /// one answers `noProtocolOption`. A negative `byteCount` counts as 0.
    ///
    /// - Throws: `SystemCallError` if the socket cannot be made; the option's own errno is the result.
    public static func answer(byteCount: Int, on socket: Socket) throws(SystemCallError) -> Errno? {
        switch socket {
        case .tcp:
            let connection = try LoopbackConnection(receiveBytes: 65536)
            return withExtendedLifetime(connection) { ask(connection.receiver, byteCount) }
        case .udp:
            let descriptor = try SystemCallError.check(ctr_udp_socket(), "socket(SOCK_DGRAM)")
            defer { close(descriptor) }
            return ask(descriptor, byteCount)
        }
    }

    private static func ask(_ descriptor: CInt, _ byteCount: Int) -> Errno? {
        let length = UInt32(clamping: min(max(0, byteCount), 1 << 20))
        var tokens: [UInt32] = []
        for token in 0..<(length / 8 + 1) { tokens += [token, 1] }
        let result = ctr_devmem_dontneed(descriptor, tokens, length)
        return result < 0 ? Errno(rawValue: -result) : nil
    }
}
