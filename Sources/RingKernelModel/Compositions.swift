extension Composition {
    /// Everything that ringbench compares; the first is what the others are measured against.
    public static let all: [Composition] = [
        Composition(
            name: "sockopt-xarray", rows: ["A1", "A2"], bookkeeping: .perSocketXArray, cleanUp: .socketClose,
            standing: .upstream,
            source: "mainline: net/ipv4/tcp.c tcp_recvmsg_dmabuf, net/core/sock.c sock_devmem_dontneed"),
        Composition(
            name: "sockopt-uref", rows: ["A3", "A13"], bookkeeping: .urefAsPosted, cleanUp: .lastUser,
            standing: .upstream, source: "Bobby Eshleman, net-next v10, 2026-01-15"),
        Composition(
            name: "mapped-ring", rows: ["A20"], delivery: .mappedRing, returning: .mappedRing, bookkeeping: .uref,
            cleanUp: .lastUser, topology: .ringPerBinding, modes: .perBinding, standing: .ours,
            source: "Stanislav Fomichev's remark on v10, written down here as token_ring.h"),
        Composition(
            name: "refill-ring", rows: ["A22"], delivery: .mappedRing, returning: .refillRing, bookkeeping: .uref,
            cleanUp: .lastUser, topology: .ringPerBinding, standing: .upstream, source: "io_uring/zcrx.c"),
        Composition(
            name: "fill-queue", rows: ["A21"], delivery: .mappedRing, returning: .fillQueue,
            bookkeeping: .unchecked, cleanUp: .never, topology: .ringPerSocket, standing: .idea,
            source: "Jonathan Lemon, netgpu RFC v2, 2020-07-27"),
        Composition(
            name: "netlink-uref", rows: ["A18"], returning: .netlink, bookkeeping: .uref, cleanUp: .lastUser,
            standing: .idea, source: "the v10 thread: release over the binding's netlink socket"),
        Composition(
            name: "ioctl-uref", rows: ["A19"], returning: .ioctl, bookkeeping: .uref, cleanUp: .lastUser,
            standing: .idea, source: "Jakub Kicinski in the v10 thread: some other ioctl-y thing"),
        Composition(
            name: "sockopt-uref-fixed", rows: ["A3"], bookkeeping: .uref, cleanUp: .lastUser, standing: .ours,
            source: "v10 with Jakub Kicinski's decrement-if-positive"),
    ]
}
