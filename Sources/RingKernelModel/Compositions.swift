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
        Composition(
            name: "sockopt-uref-socket", rows: ["A4"], bookkeeping: .urefPerOwnerAsPosted, cleanUp: .socketClose,
            standing: .upstream, source: "Bobby Eshleman, net-next v1, 2025-09-02, and v2, 2025-09-11"),
        Composition(
            name: "sockopt-uref-unbind", rows: ["A3", "A14"], bookkeeping: .urefAsPosted, cleanUp: .unbind,
            standing: .upstream,
            source: "Bobby Eshleman, net-next v3, 2025-09-26, to v9, 2026-01-09; Mina Almasry on v9: racy with recvmsg"),
        Composition(
            name: "sockopt-uref-never", rows: ["A15"], bookkeeping: .uref, cleanUp: .never, standing: .idea,
            source: "Mina Almasry on v9 3/5, withdrawn in the same mail"),
        Composition(
            name: "sockopt-rfc-v3", rows: ["A1", "C5"], delivery: .controlMessagesTruncated,
            bookkeeping: .perSocketXArray, cleanUp: .socketClose, standing: .idea,
            source: "Mina Almasry, devmem TCP RFC v3, 2023; put_cmsg truncates and the token is lost"),
        Composition(
            name: "sockopt-hash", rows: ["A5"], bookkeeping: .perSocketHash, cleanUp: .socketClose, standing: .idea,
            source: "Bobby Eshleman, v1 thread and every cover letter since: no improvement"),
        Composition(
            name: "sockopt-rcu", rows: ["A6"], bookkeeping: .locklessCounters, cleanUp: .socketClose,
            standing: .idea, source: "Bobby Eshleman, v1 thread and every cover letter since: no improvement"),
        Composition(
            name: "sockopt-pointer", rows: ["A7"], bookkeeping: .unchecked, cleanUp: .never, standing: .ceiling,
            source: "Bobby Eshleman, v1 thread, 2025-09: a net_iov's address as the token"),
        Composition(
            name: "sockopt-plain", rows: ["A8"], bookkeeping: .plainArray, cleanUp: .socketClose, standing: .ceiling,
            source: "Bobby Eshleman, v1 thread, 2025-09: an array without atomics"),
        Composition(
            name: "sockopt-binding-index", rows: ["A16"], bookkeeping: .bindingIndex, cleanUp: .lastUser,
            standing: .idea, source: "the v1 thread, 2025-09; Jakub Kicinski: the index must be the socket's own"),
        Composition(
            name: "sockopt-token-v2", rows: ["A17"], bookkeeping: .bindingNamed, cleanUp: .lastUser, standing: .idea,
            source: "the v1 thread, 2025-09: dmabuf_token_v2 with a binding id"),
        Composition(
            name: "autorelease-sysctl", rows: ["A10"], bookkeeping: .urefAsPosted, cleanUp: .unbind,
            modes: .systemControl, standing: .upstream, source: "Bobby Eshleman, net-next v5, 2025-10-23"),
        Composition(
            name: "autorelease-sockopt", rows: ["A9"], bookkeeping: .urefAsPosted, cleanUp: .unbind,
            modes: .perSocketOption, standing: .upstream, source: "Bobby Eshleman, net-next v6, 2025-11-04"),
        Composition(
            name: "autorelease-netlink", rows: ["A11", "A13"], bookkeeping: .urefAsPosted, cleanUp: .lastUser,
            modes: .systemWideAttribute, standing: .upstream,
            source: "Bobby Eshleman, net-next v7, 2025-11-19, to v10, 2026-01-15; clean-up as in v10"),
        Composition(
            name: "autorelease-boot", rows: ["A12"], bookkeeping: .uref, cleanUp: .lastUser,
            modes: .firstBindingForBoot, standing: .idea, source: "Mina Almasry on v9, 2026-01"),
        Composition(
            name: "return-ring", rows: ["A20"], returning: .mappedRing, bookkeeping: .uref, cleanUp: .lastUser,
            topology: .ringPerBinding, standing: .ours, source: "mapped-ring without the delivery ring"),
        Composition(
            name: "mapped-ring-socket", rows: ["A20"], delivery: .mappedRing, returning: .mappedRing,
            bookkeeping: .uref, cleanUp: .lastUser, topology: .ringPerSocket, standing: .ours,
            source: "mapped-ring with a ring set for each socket, as netgpu's receive queues"),
        Composition(
            name: "mapped-ring-thread", rows: ["A20"], delivery: .mappedRing, returning: .mappedRing,
            bookkeeping: .uref, cleanUp: .lastUser, topology: .ringPerThread, standing: .ours,
            source: "mapped-ring with a ring set for each thread; Pavel Begunkov on v10: scaling means several rings"),
        Composition(
            name: "mapped-ring-shared", rows: ["A20"], delivery: .mappedRing, returning: .mappedRing,
            bookkeeping: .uref, cleanUp: .lastUser, topology: .ringShared, standing: .ours,
            source: "mapped-ring behind the application's lock; Pavel Begunkov on v10: user space must synchronise"),
        Composition(
            name: "mapped-ring-owned", rows: ["A4", "A20"], delivery: .mappedRing, returning: .mappedRing,
            bookkeeping: .urefPerOwner, cleanUp: .ringClose, topology: .ringPerThread, standing: .ours,
            source: "v1's counters with the ring set as the owner"),
        Composition(
            name: "mapped-ring-xarray", rows: ["A1", "A20"], delivery: .mappedRing, returning: .mappedRing,
            bookkeeping: .perSocketXArray, cleanUp: .ringClose, topology: .ringPerBinding, standing: .ours,
            source: "today's bookkeeping behind mapped rings"),
    ]
}
