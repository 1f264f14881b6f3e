import Synchronization

/// A TCP socket that receives from a binding.
public final class Socket: Sendable {
    /// `SO_COOKIE`; a delivery ring names the socket by it.
    public let cookie: UInt64
    let queue: ReceiveQueue
    /// `sk_user_frags`: what user space holds of this socket, for the mechanisms that keep it per socket.
    let userFrags = XArray()
    private let joined = Atomic<Bool>(false)

    init(cookie: UInt64, windowFrags: Int) {
        self.cookie = cookie
        queue = ReceiveQueue(capacity: windowFrags)
    }

    /// Whether this socket has received from the binding and so is one of its users.
    var isUser: Bool { joined.load(ordering: .acquiring) }

    /// Becomes a user of `binding` at the first receive. False: the binding is dying.
    func join(_ binding: Binding) -> Bool {
        if isUser { return true }
        guard binding.join() else { return false }
        joined.store(true, ordering: .releasing)
        return true
    }

    /// Stops being a user.
    func leave(_ binding: Binding) {
        if joined.exchange(false, ordering: .acquiringAndReleasing) { binding.leave() }
    }
}
