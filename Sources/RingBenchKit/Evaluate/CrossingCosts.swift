/// What the proposals' calls cost on this kernel, as far as crossing goes; nanoseconds a call, each repetition kept.
public struct CrossingCosts: Sendable {
    /// `recvmsg` that returns a little data and no control message.
    public var recvmsg: Repetitions
    /// What one control message of the size of `struct dmabuf_cmsg` adds to it.
    public var controlMessage: Repetitions
    /// `setsockopt(SO_DEVMEM_DONTNEED)` extrapolated to no token.
    public var dontNeed: Repetitions

    /// The three figures.
    public init(recvmsg: Repetitions, controlMessage: Repetitions, dontNeed: Repetitions) {
        self.recvmsg = recvmsg
        self.controlMessage = controlMessage
        self.dontNeed = dontNeed
    }
}
