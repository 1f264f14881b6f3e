/// Enters the real kernel where the modelled application would, so that a run pays for it.
///
/// What the call does there is no more than crossing: the model does the rest. design/measuring.md lists the calls.
protocol Crossing: Sendable {
    /// Instead of `recvmsg(MSG_SOCK_DEVMEM)`.
    func receive()
    /// Instead of `setsockopt(SO_DEVMEM_DONTNEED)`.
    func dontNeed()
    /// Instead of a ring set's kick or flush.
    func wakeup()
}

/// Enters nothing: for tests, and where the calls cannot be made.
struct NoCrossing: Crossing {
    func receive() {}
    func dontNeed() {}
    func wakeup() {}
}
