import CTokenRing
import SystemPackage

/// One end of a Unix socket over which descriptors are handed to another process (`SCM_RIGHTS`).
///
/// Holding a region's descriptor is the proof of ownership: an identifier that was guessed gives nothing (R24).
public final class DescriptorChannel: Sendable {
    private let socket: OwnedDescriptor

    /// The channel over a connected Unix socket, which it takes over.
    public init(_ socket: OwnedDescriptor) { self.socket = socket }

    /// The socket itself, for handing this end to a child.
    public var descriptor: FileDescriptor { socket.descriptor }

    /// Two connected ends.
    ///
    /// - Throws: `SystemCallError`.
    public static func pair() throws(SystemCallError) -> (DescriptorChannel, DescriptorChannel) {
        var ends: [CInt] = [-1, -1]
        try SystemCallError.check(ctr_socketpair(&ends), "socketpair")
        let owned = ends.map { OwnedDescriptor(FileDescriptor(rawValue: $0)) }
        return (DescriptorChannel(owned[0]), DescriptorChannel(owned[1]))
    }

    /// Sends copies of the descriptors, 1 to 16 of them, in one message.
    ///
    /// - Throws: `SystemCallError`; EPIPE when the other end is gone.
    public func send(_ descriptors: [FileDescriptor]) throws(SystemCallError) {
        try SystemCallError.check(
            ctr_send_descriptors(socket.descriptor.rawValue, descriptors.map(\.rawValue), CInt(descriptors.count)),
            "sendmsg", hint: "1 to 16 descriptors go into a message, and the peer must be there")
    }

    /// Waits for one message and takes its descriptors over.
    ///
    /// - Throws: `SystemCallError`; ECONNRESET when the other end is gone, EMSGSIZE for more than `count`.
    public func receive(upTo count: Int) throws(SystemCallError) -> [OwnedDescriptor] {
        var received = [CInt](repeating: -1, count: count)
        let found = try SystemCallError.check(
            ctr_receive_descriptors(socket.descriptor.rawValue, &received, CInt(count)),
            "recvmsg", hint: "the other process went away or sent more descriptors than agreed")
        return received.prefix(Int(found)).map { OwnedDescriptor(FileDescriptor(rawValue: $0)) }
    }
}
