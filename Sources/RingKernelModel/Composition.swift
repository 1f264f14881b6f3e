/// How fragments reach user space.
public enum DeliveryMechanism: String, Sendable {
    /// One control message a fragment, from recvmsg.
    case controlMessages = "cmsg"
    /// The same as in RFC v3: put_cmsg truncates in silence, and a token that did not fit is lost (C5).
    case controlMessagesTruncated = "cmsg, truncated"
    /// Entries of a mapped ring, written in softirq.
    case mappedRing = "mapped ring"
}

/// How tokens come back.
public enum ReturnMechanism: String, Sendable {
    /// `setsockopt(SO_DEVMEM_DONTNEED)`.
    case socketOption = "setsockopt"
    /// A generic netlink message on the binding's socket (A18).
    case netlink = "netlink"
    /// A call on the binding's descriptor (A19).
    case ioctl = "ioctl"
    /// Entries of a mapped ring, consumed when the page pool needs buffers (A20).
    case mappedRing = "mapped ring"
    /// io_uring zcrx's refill ring (A22).
    case refillRing = "refill ring"
    /// netgpu's fill queue (A21).
    case fillQueue = "fill queue"
}

/// When tokens that user space did not return are taken back.
public enum CleanUpPolicy: String, Sendable {
    /// When their socket closes.
    case socketClose = "socket close"
    /// When the ring set that they were delivered to closes.
    case ringClose = "ring set close"
    /// When the binding's last user is gone: receive queue, sockets, ring sets.
    case lastUser = "last user"
    /// At unbind, once (A14).
    case unbind = "unbind"
    /// Never (A15).
    case never = "never"

    /// Whether the end of an owner takes its tokens back.
    var endsWithOwner: Bool { self == .socketClose || self == .ringClose }
    /// Whether owners count as users of the binding.
    var countsUsers: Bool { self == .lastUser || self == .ringClose }
}

/// What a ring set serves.
public enum RingTopology: String, Sendable {
    /// There are no rings.
    case none
    /// One ring set serves all sockets of a binding.
    case ringPerBinding = "ring per binding"
    /// Each socket has a ring set.
    case ringPerSocket = "ring per socket"
    /// Each application thread has a ring set, for the sockets that it serves.
    case ringPerThread = "ring per thread"
    /// One ring set, and the application's threads lock around it.
    case ringShared = "one ring, threads lock"
}

/// Who stands behind a composition, which decides what a defect in it means.
public enum Standing: String, Sendable {
    /// Merged, or posted on the list as it is here.
    case upstream
    /// Posted and rejected, or an idea from the threads.
    case idea
    /// Unsafe on purpose: how fast it could be at most.
    case ceiling
    /// This project's proposal or correction.
    case ours
}

/// A way to remember tokens, by name. Each is declared in the file that implements it.
public struct BookkeepingMechanism: Sendable {
    /// As it is listed.
    public let name: String
    let make: @Sendable (Surroundings) -> any TokenBookkeeping

    /// What a mechanism may need of the kernel around it.
    struct Surroundings: Sendable {
        let faults: FaultPlan
        let oopses: OopsLog
    }
}

/// A proposal: delivery x return x bookkeeping x clean-up x topology. To add one is one line in `all`.
public struct Composition: Sendable {
    /// What ringbench calls it.
    public let name: String
    /// Rows of sources.md that it stands for.
    public var rows: [String]
    /// How fragments reach user space.
    public var delivery = DeliveryMechanism.controlMessages
    /// How tokens come back.
    public var returning = ReturnMechanism.socketOption
    /// How the kernel remembers them.
    public var bookkeeping: BookkeepingMechanism
    /// When it takes them back by itself.
    public var cleanUp: CleanUpPolicy
    /// What a ring serves.
    public var topology = RingTopology.none
    /// Who chooses between `bookkeeping` and the xarray, where both are offered. An owner has one ledger, so `bookkeeping` must
    /// keep none then.
    public var modes = ModeSelectionMechanism.none
    /// Who stands behind it.
    public var standing: Standing
    /// Who proposed it, where.
    public var source: String

    /// Whether user space has rings.
    public var hasRings: Bool { topology != .none }
    /// Whether anything of it is a shared ring that another process may hold.
    public var hasDeliveryRing: Bool { delivery == .mappedRing }

    /// The proposal of that name, or nil.
    public static func named(_ name: String) -> Composition? { all.first { $0.name == name } }
}
