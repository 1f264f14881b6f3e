/// How fragments reach user space.
public enum DeliveryMechanism: String, Sendable {
    /// One control message a fragment, from recvmsg.
    case controlMessages = "cmsg"
    /// Entries of a mapped ring, written in softirq.
    case mappedRing = "mapped ring"
}

/// How tokens come back.
public enum ReturnMechanism: String, Sendable {
    /// `setsockopt(SO_DEVMEM_DONTNEED)`.
    case socketOption = "setsockopt"
    /// Entries of a mapped ring, consumed when the page pool needs buffers.
    case mappedRing = "mapped ring"
}

/// When tokens that user space did not return are taken back.
public enum CleanUpPolicy: String, Sendable {
    /// When their socket closes.
    case socketClose = "socket close"
    /// When the binding's last user is gone: receive queue, sockets, ring sets.
    case lastUser = "last user"
}

/// What a ring set serves.
public enum RingTopology: String, Sendable {
    /// There are no rings.
    case none
    /// One delivery and one return ring serve all sockets of a binding.
    case ringPerBinding = "ring per binding"
}

/// A way to remember tokens, by name. Each is declared in the file that implements it.
public struct BookkeepingMechanism: Sendable {
    /// As it is listed.
    public let name: String
    let make: @Sendable (Binding) -> any TokenBookkeeping
}

extension BookkeepingMechanism {
    /// See `PerSocketXArray`.
    static let perSocketXArray = BookkeepingMechanism(name: "xarray per socket") { PerSocketXArray(binding: $0) }
    /// See `PerBindingURef`, as posted in v10.
    static let urefAsPosted = BookkeepingMechanism(name: "uref per binding, as posted") {
        PerBindingURef(binding: $0, decrement: .asPosted)
    }
    /// See `PerBindingURef`, decrement if positive.
    static let uref = BookkeepingMechanism(name: "uref per binding") {
        PerBindingURef(binding: $0, decrement: .ifPositive)
    }
}

/// A proposal: delivery x return x bookkeeping x clean-up x topology. To add one is one line in `all`.
public struct Composition: Sendable {
    /// What ringbench calls it.
    public let name: String
    /// How fragments reach user space.
    public let delivery: DeliveryMechanism
    /// How tokens come back.
    public let returning: ReturnMechanism
    /// How the kernel remembers them.
    public let bookkeeping: BookkeepingMechanism
    /// When it takes them back by itself.
    public let cleanUp: CleanUpPolicy
    /// What a ring serves.
    public let topology: RingTopology
    /// Who proposed it, where.
    public let source: String

    /// Everything that ringbench compares; the first is what the others are measured against.
    public static let all: [Composition] = [
        Composition(
            name: "sockopt-xarray", delivery: .controlMessages, returning: .socketOption,
            bookkeeping: .perSocketXArray, cleanUp: .socketClose, topology: .none,
            source: "mainline: net/ipv4/tcp.c tcp_recvmsg_dmabuf, net/core/sock.c sock_devmem_dontneed"),
        Composition(
            name: "sockopt-uref", delivery: .controlMessages, returning: .socketOption,
            bookkeeping: .urefAsPosted, cleanUp: .lastUser, topology: .none,
            source: "Bobby Eshleman, net-next v10, 2026-01-15"),
        Composition(
            name: "mapped-ring", delivery: .mappedRing, returning: .mappedRing,
            bookkeeping: .uref, cleanUp: .lastUser, topology: .ringPerBinding,
            source: "Stanislav Fomichev's remark on v10, written down here as token_ring.h"),
    ]

    /// The proposal of that name, or nil.
    public static func named(_ name: String) -> Composition? { all.first { $0.name == name } }
}
