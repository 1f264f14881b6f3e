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
    /// Whether the kernel should be asking for a kick.
    var asks = false
    /// Sockets of the entries that are expected next, with their buffers.
    var expected: [(socket: EpisodeSocket, buffer: ShadowBuffer)] = []
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

    /// What the kernel should put into the delivery ring now: a socket with data joins, and its fragments go in as far as they
    /// are of this binding and there is room.
    ///
    /// - Returns: how many.
    func deliver() -> Int {
        guard isOpen, capacity > 0 else { return 0 }
        asks = false
        for socket in sockets {
            while let buffer = socket.queue.first, socket.owner.admit(binding) == .admitted, buffer.binding === binding
            {
                guard occupied < capacity else {
                    asks = true
                    break
                }
                socket.queue.removeFirst()
                expected.append((socket, buffer))
                occupied += 1
            }
        }
        return expected.count
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
