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
    /// Whether the ring announced what is at the front of the queue, and so delivers nothing more.
    var isAnnounced = false
    var isOpen = true

    init(_ socket: Socket, owner: ShadowOwner, content: StreamContent) {
        self.socket = socket
        self.owner = owner
        self.content = content
    }
}
