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
    /// Sockets that found the ring full, in order; while there are any the kernel asks for a kick.
    private(set) var waiting: [EpisodeSocket] = []
    /// Entries that are expected next: a socket with the buffer of a fragment, or without one where the fragment is in another
    /// binding.
    private(set) var expected: [(socket: EpisodeSocket, buffer: ShadowBuffer?)] = []
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

    /// What the kernel should put into the delivery ring now: what a socket has queued of this binding, as far as there is room;
    /// a fragment of another binding is announced, and nothing more comes before that was read.
    func deliver(_ socket: EpisodeSocket) {
        guard isOpen, capacity > 0 else { return }
        while let buffer = socket.queue.first, !socket.isBlocked {
            guard occupied < capacity else {
                if !waiting.contains(where: { $0 === socket }) { waiting.append(socket) }
                return
            }
            occupied += 1
            if buffer.binding === binding {
                socket.queue.removeFirst()
                expected.append((socket, buffer))
            } else {
                socket.isBlocked = true
                expected.append((socket, nil))
            }
        }
        waiting.removeAll { $0 === socket }
    }

    /// What a kick should do.
    func deliverWaiting() { for socket in waiting { deliver(socket) } }

    /// A socket is attached.
    func attach(_ socket: EpisodeSocket) {
        sockets.append(socket)
        socket.ringSet = self
        deliver(socket)
    }

    /// A socket is detached: it is no user by this set any more.
    func detach(_ socket: EpisodeSocket) {
        sockets.removeAll { $0 === socket }
        waiting.removeAll { $0 === socket }
        socket.ringSet = nil
        socket.isBlocked = false
        socket.owner.leave(binding)
    }

    /// Entries that are expected, once.
    func takeExpected() -> [(socket: EpisodeSocket, buffer: ShadowBuffer?)] {
        defer { expected = [] }
        return expected
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
