import CXDP
import Glibc
import TokenRing

/// Where and how a socket is bound: `struct sockaddr_xdp`, with the reasons for a refusal.
struct SocketBinding {
    let interface: NetworkInterface
    let queue: UInt32
    /// `XDP_USE_NEED_WAKEUP` and `XDP_USE_SG`.
    var flags: CInt = 0

    /// Binds. For `.auto` zero copy is tried first, so that the reason for copy mode is what the kernel said and no guess.
    ///
    /// - Returns: why zero copy was refused, if copy mode is what was left.
    func bind(_ socket: OwnedDescriptor, mode: CopyMode.Request) throws(XDPError) -> SystemCallError? {
        if mode == .copy {
            try check(attempt(socket, XDP_COPY))
            return nil
        }
        let result = attempt(socket, XDP_ZEROCOPY)
        if result == 0 { return nil }
        let refusal = SystemCallError("bind(XDP_ZEROCOPY)", errno: result)
        // These say nothing about zero copy; copy mode would fail in the same way.
        if [EBUSY, EPERM, ENETDOWN, ENODEV].contains(result) { try check(result) }
        guard mode == .auto else {
            throw .zeroCopyRefused(interface: interface.name, driver: interface.driver, refusal)
        }
        try check(attempt(socket, XDP_COPY))
        return refusal
    }

    /// Binds to the UMEM of another socket; copy mode, wakeups and fragments are as that one has them.
    func bind(_ socket: OwnedDescriptor, sharingWith other: OwnedDescriptor) throws(XDPError) {
        try check(attempt(socket, XDP_SHARED_UMEM, sharing: other), isSharing: true)
    }

    /// One bind, repeated while the queue's last owner is still being torn down; 0 or an errno.
    private func attempt(_ socket: OwnedDescriptor, _ flag: CInt, sharing other: OwnedDescriptor? = nil) -> CInt {
        var address = sockaddr_xdp()
        address.sxdp_family = UInt16(AF_XDP)
        // A socket that shares takes no flag but this one.
        address.sxdp_flags = UInt16(flag == XDP_SHARED_UMEM ? flag : flag | flags)
        address.sxdp_ifindex = interface.index
        address.sxdp_queue_id = queue
        address.sxdp_shared_umem_fd = other.map { UInt32($0.descriptor.rawValue) } ?? 0
        let length = socklen_t(MemoryLayout<sockaddr_xdp>.size)
        var pauseMicroseconds: UInt32 = 500
        // 0.5 + 1 + 2 + ... + 512 ms six times: under load the kernel takes its time to let go of a queue.
        for _ in 0..<16 {
            let result = withUnsafePointer(to: &address) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.bind(socket.descriptor.rawValue, $0, length)
                }
            }
            if result == 0 { return 0 }
            guard errno == EBUSY else { return errno }
            usleep(pauseMicroseconds)
            pauseMicroseconds = min(pauseMicroseconds * 2, 512_000)
        }
        return EBUSY
    }

    private func check(_ result: CInt, isSharing: Bool = false) throws(XDPError) {
        guard result != 0 else { return }
        let name = interface.name
        let hint =
            switch result {
            case EBUSY: "another socket is bound to queue \(queue) of \(name); close it or take another queue"
            case EPERM: "binding needs CAP_NET_RAW"
            case ENETDOWN: "\(name) is down; `ip link set \(name) up`"
            case ENODEV: "\(name) is gone, or it is in another network namespace than the socket"
            case EINVAL where isSharing:
                "\(name) has no queue \(queue), or is in another network namespace than this thread was when it made the socket"
            case EINVAL where flags & CInt(CXDP_USE_SG) != 0:
                "\(name) has no queue \(queue), or this kernel or driver takes no packets of several frames (XDP_USE_SG)"
            case EINVAL: "\(name) has no queue \(queue), or its driver refuses these frames"
            case ENOBUFS, ENOMEM: "the kernel has no memory for the queue's buffer pool"
            default: ""
            }
        throw .system(SystemCallError("bind to \(name) queue \(queue)", errno: result, hint: hint))
    }
}
