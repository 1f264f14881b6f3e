import CTokenRing
import TokenRing
import TokenRingXDP

/// Whether this kernel does what some command needs, found by doing it: nothing is concluded from a version.
public struct KernelProbe: Encodable, Sendable {
    /// One thing that was tried.
    public struct Trial: Encodable, Sendable {
        /// What was tried, such as "AF_XDP socket".
        public let name: String
        /// Whether it worked.
        public let works: Bool
        /// Why not, with the errno; nil if it worked.
        public let reason: String?

        init(_ name: String, _ attempt: () throws(SystemCallError) -> Void) {
            self.name = name
            do {
                try attempt()
                (works, reason) = (true, nil)
            } catch {
                (works, reason) = (false, error.description)
            }
        }
    }

    /// `socket(AF_XDP)`.
    public let xdpSocket: Trial
    /// An XDP program of two instructions is loaded.
    public let bpfProgram: Trial
    /// A child process makes a network namespace.
    public let networkNamespace: Trial
    /// `io_uring_setup`.
    public let ioUring: Trial
    /// `SO_DEVMEM_DONTNEED` on a TCP socket that holds nothing.
    public let devmemDontneed: Trial
    /// The generic netlink family `netdev`, which tells what drivers can do.
    public let netdevFamily: Trial

    /// All of them.
    public var trials: [Trial] { [xdpSocket, bpfProgram, networkNamespace, ioUring, devmemDontneed, netdevFamily] }

    private enum CodingKeys: String, CodingKey {
        case xdpSocket = "xdp_socket"
        case bpfProgram = "bpf_program"
        case networkNamespace = "network_namespace"
        case ioUring = "io_uring"
        case devmemDontneed = "so_devmem_dontneed"
        case netdevFamily = "netdev_family"
    }

    /// Tries everything. Leaves nothing behind and takes some milliseconds.
    public init() {
        xdpSocket = Trial("AF_XDP socket") { () throws(SystemCallError) in try XDPSupport.makeSocket() }
        bpfProgram = Trial("BPF program") { () throws(SystemCallError) in try XDPSupport.loadProgram() }
        networkNamespace = Trial("network namespace") { () throws(SystemCallError) in
            try SystemCallError.check(ctr_try_unshare_network(), "unshare(CLONE_NEWNET)")
        }
        ioUring = Trial("io_uring") { () throws(SystemCallError) in
            var ring = ctr_uring()
            try SystemCallError.check(
                ctr_uring_open(&ring, 8), "io_uring_setup", hint: "see sysctl kernel.io_uring_disabled")
            ctr_uring_close(&ring)
        }
        devmemDontneed = Trial("SO_DEVMEM_DONTNEED") { () throws(SystemCallError) in
            if let errno = try DontneedProbe.answer(byteCount: 8, on: .tcp) {
                throw SystemCallError("setsockopt(SO_DEVMEM_DONTNEED)", errno: errno.rawValue)
            }
        }
        netdevFamily = Trial("netlink family netdev") { () throws(SystemCallError) in _ = try NetdevFamily() }
    }
}
