import RingKernelModel

/// What the proposals' calls cost on this kernel, as far as crossing goes; nanoseconds a call, each repetition kept.
struct CrossingCosts: Sendable {
    /// `recvmsg` that returns a little data and no control message.
    let recvmsg: Repetitions
    /// What one control message of the size of `struct dmabuf_cmsg` adds to it.
    let controlMessage: Repetitions
    /// `setsockopt(SO_DEVMEM_DONTNEED)` extrapolated to no token.
    let dontNeed: Repetitions
    /// A generic netlink request and its answer, if this kernel has that.
    let netlink: Repetitions?
    /// `ioctl(SIOCOUTQ)`.
    let ioctl: Repetitions?
    /// What `recvmsg` does beyond entering the kernel: the socket's lock, taking data off its queue, TCP's bookkeeping, the copy of
    /// 64 bytes. `recvmsg` less `getppid`.
    let socketWork: Repetitions

    /// Takes them from what was measured.
    ///
    /// - Throws: `Failure` when this kernel refused one: the socket proposals cannot be compared then.
    init(_ measured: SystemCallCosts) throws(Failure) {
        guard let recvmsg = measured.recvmsgBaseNs, let controlMessage = measured.controlMessageNs,
            let dontNeed = measured.crossingDontneedNs, let floor = measured.call("getppid")?.nsPerCall
        else {
            let refused = measured.calls.compactMap { call in call.unavailable.map { "\(call.name): \($0.reason)" } }
            throw Failure(
                .unavailable,
                "this kernel refused a call that the proposals make, so they cannot be compared here: "
                    + refused.joined(separator: "; "))
        }
        self.recvmsg = recvmsg
        self.controlMessage = controlMessage
        self.dontNeed = dontNeed
        netlink = measured.netlinkRoundTripNs
        ioctl = measured.ioctlNs
        socketWork = Repetitions(zip(recvmsg.values, floor.values).map { $0 - $1 })
    }

    /// The call by which tokens of this composition go back, or room is made for them; and what a table calls it.
    ///
    /// - Throws: `Failure` when this kernel refused it.
    func returnCall(of composition: Composition) throws(Failure) -> (name: String, cost: Repetitions) {
        let found: (String, Repetitions?) =
            switch composition.returning {
            case .socketOption: ("setsockopt", dontNeed)
            case .netlink: ("netlink round trip", netlink)
            case .ioctl: ("ioctl", ioctl)
            case .mappedRing, .refillRing, .fillQueue: ("flush, as setsockopt", dontNeed)
            }
        guard let cost = found.1 else {
            throw Failure(
                .unavailable,
                "this kernel refused the \(found.0) that \(composition.name) makes; leave it out with --proposals")
        }
        return (found.0, cost)
    }
}
