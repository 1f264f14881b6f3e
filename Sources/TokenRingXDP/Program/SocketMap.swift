import CXDP
import Glibc
import TokenRing

/// An XSKMAP: which socket a program's redirect reaches, by a number that the program chooses.
///
/// Whoever has its descriptor may put sockets in, without privilege (Linux 5.19): a privileged process loads and attaches the
/// program, and hands the map and a socket to one that is not. The map holds its sockets.
public final class SocketMap: Sendable {
    /// The map, to be handed over or named in a program.
    public let file: OwnedDescriptor
    /// Sockets at most, numbered from 0; nil for a map that was handed in.
    public let capacity: UInt32?

    /// Makes a map.
    ///
    /// - Throws: `SystemCallError`; EPERM without CAP_BPF.
    public init(capacity: UInt32 = 64) throws(SystemCallError) {
        LibraryLog.silenced
        self.capacity = capacity
        file = try OwnedDescriptor(
            bpf_map_create(BPF_MAP_TYPE_XSKMAP, "tokenring_xsks", 4, 4, max(capacity, 1), nil),
            of: "bpf_map_create(XSKMAP)", hint: "it needs CAP_BPF and CAP_NET_ADMIN")
    }

    /// Takes a map that another process made.
    public init(_ file: OwnedDescriptor) {
        LibraryLog.silenced
        self.file = file
        capacity = nil
    }

    /// Sends packets that the program redirects to `key` to the socket; by default the key is the socket's queue.
    ///
    /// - Throws: `SystemCallError`; E2BIG if the key is beyond the map.
    public func insert(_ socket: borrowing XDPSocket, at key: UInt32? = nil) throws(SystemCallError) {
        try insert(socket.handle, at: key ?? socket.queue)
    }

    /// The same for a further socket of a queue.
    ///
    /// - Throws: `SystemCallError`.
    public func insert(_ socket: borrowing XDPQueueSocket, at key: UInt32) throws(SystemCallError) {
        try insert(socket.handle, at: key)
    }

    func insert(_ socket: SocketHandle, at key: UInt32) throws(SystemCallError) {
        var (key, value) = (key, socket.descriptor)
        let limit = capacity.map { "the map has \($0)" } ?? "the map may have fewer"
        try SystemCallError.check(
            bpf_map_update_elem(file.descriptor.rawValue, &key, &value, 0), "bpf_map_update_elem(XSKMAP)",
            hint: "entry \(key), counted from 0; \(limit)")
    }

    /// Redirects to `key` reach no socket any more.
    ///
    /// - Throws: `SystemCallError`; ENOENT if none was there.
    public func remove(_ key: UInt32) throws(SystemCallError) {
        var key = key
        try SystemCallError.check(
            bpf_map_delete_elem(file.descriptor.rawValue, &key), "bpf_map_delete_elem(XSKMAP)", hint: "entry \(key)")
    }
}
