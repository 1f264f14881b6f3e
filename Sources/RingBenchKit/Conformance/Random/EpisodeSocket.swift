import RingKernelModel

/// A socket of an episode, and what the shadow model says of it.
final class EpisodeSocket {
    let socket: Socket
    let owner: ShadowOwner
    let content: StreamContent
    /// The buffers of the fragments that wait, in order.
    var queue: [ShadowBuffer] = []
    /// Bytes of the stream that were received.
    var position: UInt64 = 0
    /// The ring set that it is attached to.
    var ringSet: EpisodeRingSet?
    /// Whether an entry told of a fragment that cannot come through the ring: nothing more does.
    var isBlocked = false
    /// Tokens that recvmsg gave on it, and that came back on it; attaching wants them equal.
    var issued = 0
    var released = 0
    var isOpen = true

    init(_ socket: Socket, owner: ShadowOwner, content: StreamContent) {
        self.socket = socket
        self.owner = owner
        self.content = content
    }
}
