import RingKernelModel
import TokenRing

/// A ring set of an episode, and what the shadow model says of it.
final class EpisodeRingSet {
    /// What user space put into the return ring and the kernel has not taken.
    enum Pending {
        case range(TokenRange)
        /// An entry of a refill ring or fill queue; nil for one that cannot be.
        case buffer(Int?)
    }

    let user: UserRings
    let owner: ShadowOwner
    let binding: ShadowBinding
    /// Entries of the delivery ring.
    let capacity: Int
    /// Sockets that it serves, in order.
    var sockets: [EpisodeSocket] = []
    /// Entries in the delivery ring whose slots user space has not given up.
    var occupied = 0
    /// Sockets that found the ring full; the kernel asks for a kick as long as there are any.
    private(set) var waiting: [EpisodeSocket] = []
    /// Sockets of the entries that are expected next, with their buffers; nil for what is announced.
    var expected: [(socket: EpisodeSocket, buffer: ShadowBuffer?)] = []
    var pending: [Pending] = []
    /// The kernel's index when it was last looked at.
    var consumed: UInt32
    var isOpen = true

    init(_ user: UserRings, owner: ShadowOwner, binding: ShadowBinding, capacity: Int) {
        self.user = user
        self.owner = owner
        self.binding = binding
        self.capacity = capacity
        consumed = user.returnIndices.consumer.loadAcquire()
    }

    /// What the kernel should put into the delivery ring now of a socket that is attached: its fragments, as far as they are of
    /// this binding and there is room; others are announced, and hold up what follows.
    ///
    /// - Returns: how many entries.
    func deliver(_ socket: EpisodeSocket) -> Int {
        guard isOpen, capacity > 0 else { return 0 }
        let before = expected.count
        while let buffer = socket.queue.first, !socket.isAnnounced {
            guard occupied < capacity else {
                if !waiting.contains(where: { $0 === socket }) { waiting.append(socket) }
                return expected.count - before
            }
            occupied += 1
            guard buffer.binding === binding else {
                socket.isAnnounced = true
                expected.append((socket, nil))
                break
            }
            socket.queue.removeFirst()
            expected.append((socket, buffer))
        }
        forget(socket)
        return expected.count - before
    }

    /// The same for every socket that waits for room.
    func deliverWaiting() -> Int { waiting.reduce(0) { $0 + deliver($1) } }

    /// A socket waits no longer.
    func forget(_ socket: EpisodeSocket) { waiting.removeAll { $0 === socket } }

    /// A socket is attached no longer.
    func detach(_ socket: EpisodeSocket) {
        sockets.removeAll { $0 === socket }
        forget(socket)
        socket.ringSet = nil
        socket.isAnnounced = false
    }

    /// Entries that the kernel has taken from the return ring since it was last looked at.
    func takeConsumed() -> ArraySlice<Pending> {
        let now = user.returnIndices.consumer.loadAcquire()
        let count = Int(now &- consumed)
        consumed = now
        let taken = pending.prefix(count)
        pending.removeFirst(min(count, pending.count))
        return taken
    }
}
