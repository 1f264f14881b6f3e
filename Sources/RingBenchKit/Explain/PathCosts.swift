import RingKernelModel

extension DeliveryMechanism {
    /// What taking delivery is, and what it costs.
    var explanation: String {
        switch self {
        case .controlMessages:
            "recvmsg: a call a read, a control message of 40 B a fragment; too little room is an error and makes no token"
        case .controlMessagesTruncated:
            "recvmsg: a call a read, a control message of 40 B a fragment; what does not fit is cut off in silence"
        case .mappedRing:
            "entries of 32 B that softirq writes into a mapped ring: no call, one store of the index a batch; a full ring leaves "
                + "the data in the socket's queue, without tokens, and asks for a kick"
        }
    }
}

extension ReturnMechanism {
    /// What giving back is, and what it costs.
    var explanation: String {
        switch self {
        case .socketOption:
            "setsockopt(SO_DEVMEM_DONTNEED): a call for up to 128 ranges, 8 B copied for each, 1024 tokens looked at"
        case .netlink:
            "a netlink message on the binding's socket for up to 128 ranges: a call, an allocation and two copies"
        case .ioctl: "an ioctl on the binding's descriptor for up to 128 ranges: a call, 8 B copied for each"
        case .mappedRing:
            "ranges of 8 B in a mapped ring: no call, one store of the index a batch; the kernel takes them when the page pool "
                + "needs buffers, at most 1024 entries a pass; a full ring has a flush call"
        case .refillRing:
            "io_uring's refill ring, 16 B an entry: no call; taken when the page pool needs buffers, entries in a row of one "
                + "buffer folded into one decrement"
        case .fillQueue: "netgpu's fill queue, 8 B an entry: no call; taken when the page pool needs buffers, unchecked"
        }
    }
}

extension CleanUpPolicy {
    /// When tokens that were not returned come back.
    var explanation: String {
        switch self {
        case .socketClose: "when their socket closes"
        case .ringClose: "when the ring set closes that they were delivered to"
        case .lastUser: "when the binding's last user is gone: receive queue, sockets, ring sets"
        case .unbind: "at unbind, once; what is received afterwards stays out"
        case .never: "never"
        }
    }
}

extension Standing {
    /// Who stands behind it.
    var explanation: String {
        switch self {
        case .upstream: "merged, or posted on the list as it is here"
        case .idea: "posted and rejected, or an idea from the threads"
        case .ceiling: "unsafe on purpose: how fast it could be at most"
        case .ours: "a proposal or correction of this project"
        }
    }
}

extension TokenRules {
    /// What holds for its tokens, a line each: the same rules that the conformance matrix is judged by.
    func explanations(of subject: Subject) -> [(String, String)] {
        let strays: String =
            switch subject.stray {
            case .refused: "refused and counted"
            case .underflows: "the counter goes below 0 and the return is counted as good"
            case .trusted: "believed: a reference is dropped that nobody had"
            }
        let before: String =
            switch beforeReceive {
            case .nothing: "0: there is nothing of that name"
            case .invalid: "-EINVAL: there is no binding"
            case .oops: "the binding is followed although there is none"
            }
        let range: String =
            switch outOfRange {
            case .skipped: "skipped like any other that is not there"
            case .endsRange: "ends its range, counted"
            case .oops: "followed"
            }
        return [
            (
                "names",
                token == .entry
                    ? "its fragment: no two are equal" : "its buffer: fragments of one buffer have equal tokens"
            ),
            ("may come back", subject.acceptsOthersTokens ? "on any owner of the binding" : "on its owner only"),
            ("nobody holds it", strays), ("out of range", range),
            ("before any receive", subject.returning == .socketOption ? before : "not on a socket"),
            (
                "second binding",
                severalBindings ? "can be received on the same socket" : "data of it on the same socket is -EFAULT"
            ),
        ]
    }
}
