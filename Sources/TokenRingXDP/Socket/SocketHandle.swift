import CXDP
import Glibc
import SystemPackage
import TokenRing

/// libxdp's socket. Its UMEM outlives it; a program that redirects to it holds it.
final class SocketHandle {
    let receive = UnsafeMutablePointer<xsk_ring_cons>.allocate(capacity: 1)
    let transmit = UnsafeMutablePointer<xsk_ring_prod>.allocate(capacity: 1)
    private(set) var socket: OpaquePointer?
    private let umem: UMEMHandle

    /// The bound socket, or -1.
    var descriptor: CInt { socket.map { xsk_socket__fd($0) } ?? -1 }

    init(umem: UMEMHandle) {
        self.umem = umem
        receive.initialize(to: xsk_ring_cons())
        transmit.initialize(to: xsk_ring_prod())
    }

    /// Binds. For `.auto` zero copy is tried first, so that the reason for copy mode is what the kernel said and no guess.
    ///
    /// - Returns: why zero copy was refused, if copy mode is what was left.
    func open(
        interface: NetworkInterface, queue: UInt32, receiveEntries: UInt32, transmitEntries: UInt32,
        mode: CopyMode.Request
    ) throws(XDPError) -> SystemCallError? {
        func bind(_ flag: CInt) -> CInt {
            create(
                interface: interface, queue: queue, receiveEntries: receiveEntries, transmitEntries: transmitEntries,
                flag: flag)
        }
        if mode == .copy {
            try check(bind(XDP_COPY), interface: interface, queue: queue)
            return nil
        }
        let result = bind(XDP_ZEROCOPY)
        if result == 0 { return nil }
        let refusal = SystemCallError("bind(XDP_ZEROCOPY)", errno: result)
        // These say nothing about zero copy; copy mode would fail in the same way.
        if [EBUSY, EPERM, ENETDOWN, ENODEV].contains(-result) {
            try check(result, interface: interface, queue: queue)
        }
        guard mode == .auto else {
            throw .zeroCopyRefused(interface: interface.name, driver: interface.driver, refusal)
        }
        try check(bind(XDP_COPY), interface: interface, queue: queue)
        return refusal
    }

    /// One `xsk_socket__create`, repeated while the queue's last owner is still being torn down.
    private func create(
        interface: NetworkInterface, queue: UInt32, receiveEntries: UInt32, transmitEntries: UInt32, flag: CInt
    ) -> CInt {
        var configuration = xsk_socket_config()
        configuration.rx_size = receiveEntries
        configuration.tx_size = transmitEntries
        configuration.libxdp_flags = UInt32(XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD)
        configuration.bind_flags = UInt16(flag) | UInt16(XDP_USE_NEED_WAKEUP)
        var pauseMicroseconds: UInt32 = 500
        var result = CInt(0)
        // 0.5 + 1 + 2 + ... + 512 ms twice: about a second and a half.
        for _ in 0..<12 {
            result = xsk_socket__create(
                &socket, interface.name, queue, umem.umem, receive, transmitEntries > 0 ? transmit : nil, &configuration
            )
            if result == 0 { return 0 }
            socket = nil
            guard result == -EBUSY else { return result }
            usleep(pauseMicroseconds)
            pauseMicroseconds = min(pauseMicroseconds * 2, 512_000)
        }
        return result
    }

    private func check(_ result: CInt, interface: NetworkInterface, queue: UInt32) throws(XDPError) {
        guard result != 0 else { return }
        let hint =
            switch -result {
            case EBUSY: "another socket is bound to queue \(queue) of \(interface.name); close it or take another queue"
            case EPERM: "an AF_XDP socket needs CAP_NET_RAW"
            case ENETDOWN: "\(interface.name) is down; `ip link set \(interface.name) up`"
            case EINVAL: "\(interface.name) has no queue \(queue), or its driver refuses these frames"
            default: ""
            }
        throw .system(
            SystemCallError("xsk_socket__create on \(interface.name) queue \(queue)", errno: result, hint: hint))
    }

    /// What the bound socket does, from `XDP_OPTIONS`.
    func grantedMode(
        requested: CopyMode.Request, refusal: SystemCallError?, interface: NetworkInterface
    ) throws(XDPError) -> CopyMode {
        var options = xdp_options()
        var length = socklen_t(MemoryLayout<xdp_options>.size)
        guard getsockopt(descriptor, SOL_XDP, XDP_OPTIONS, &options, &length) == 0 else {
            throw .system(SystemCallError("getsockopt(XDP_OPTIONS)", errno: errno))
        }
        let driver = interface.driver
        if options.flags & UInt32(XDP_OPTIONS_ZEROCOPY) != 0 {
            return CopyMode(
                requested: requested, granted: .zeroCopy,
                reason: "driver \(driver) receives into the UMEM; the bound socket says so")
        }
        let reason =
            if let refusal {
                "driver \(driver) refuses zero copy for this queue: \(refusal.errno) (errno \(refusal.errno.rawValue))"
            } else {
                "copy mode was asked for"
            }
        return CopyMode(requested: requested, granted: .copy, reason: reason)
    }

    deinit {
        if let socket { xsk_socket__delete(socket) }
        receive.deallocate()
        transmit.deallocate()
    }
}
