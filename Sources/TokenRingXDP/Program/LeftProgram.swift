import CXDP
import Glibc
import TokenRing

/// An XDP program on an interface, and its removal when nobody is left who would do it.
///
/// A program that is attached through a BPF link goes with its process. One that was attached over netlink, or through
/// libxdp's dispatcher, stays when its process is killed: every packet still runs through it, and with no socket behind it
/// the next program is refused with EBUSY.
public struct LeftProgram: Hashable, Sendable {
    /// How it is held there.
    public enum Hold: String, Hashable, Sendable {
        /// By a link that a living process has, or that is pinned: not left over.
        case link
        /// By the interface alone, attached over netlink.
        case netlink
        /// By libxdp's dispatcher, whose parts are pinned in bpffs.
        case dispatcher
    }

    /// Its name, as `ip link` and `bpftool prog` show it; 15 characters at the most.
    public let name: String
    /// Its number in the kernel.
    public let id: UInt32
    /// How it is held.
    public let hold: Hold
    /// Where it runs.
    public let mode: AttachMode.Granted
    /// Programs behind a dispatcher; its own name otherwise.
    public let parts: [String]

    /// Whether it is of this package or of libxdp's AF_XDP sockets, so that removing it harms nobody else.
    public var isAFXDP: Bool { parts.allSatisfy { Self.names.contains($0) } }

    /// `RedirectProgram`'s, and libxdp's default program for sockets.
    private static let names: Set<String> = ["tokenring_xsk", "xsk_def_prog"]

    /// Only such a program is shown to libxdp: it (1.3.1) keeps the descriptor that it opened to look at any other.
    private static let dispatcherName = "xdp_dispatcher"

    /// What is attached to an interface of this network namespace: at most one program in each mode.
    ///
    /// - Throws: `SystemCallError`; EPERM without CAP_SYS_ADMIN or CAP_BPF.
    public static func attached(to interface: NetworkInterface) throws(SystemCallError) -> [LeftProgram] {
        LibraryLog.silenced
        var query = bpf_xdp_query_opts()
        query.sz = MemoryLayout<bpf_xdp_query_opts>.size
        try SystemCallError.check(
            bpf_xdp_query(CInt(interface.index), 0, &query), "RTM_GETLINK on \(interface.name)")
        let skb = query.skb_prog_id
        let native = query.drv_prog_id != 0 ? query.drv_prog_id : skb == 0 ? query.prog_id : 0
        var programs: [LeftProgram] = []
        for (id, mode) in [(native, AttachMode.Granted.native), (skb, .skb)] where id != 0 {
            programs.append(try LeftProgram(id: id, mode: mode, on: interface))
        }
        return programs
    }

    private init(id: UInt32, mode: AttachMode.Granted, on interface: NetworkInterface) throws(SystemCallError) {
        self.id = id
        self.mode = mode
        name = try Self.name(ofProgram: id)
        if Self.hasLink(program: id, interface: interface) {
            hold = .link
            parts = [name]
        } else if name == Self.dispatcherName, let behind = Self.dispatched(on: interface) {
            hold = .dispatcher
            parts = behind
        } else {
            hold = .netlink
            parts = [name]
        }
    }

    /// Takes the program off `interface`, and what libxdp pinned for it.
    ///
    /// - Parameter force: also if it is not of AF_XDP.
    /// - Throws: `SystemCallError`: EBUSY if a link holds it, which ends with its process; EPERM if it is somebody else's
    ///   and `force` is not set; ENOENT if it is no longer there.
    public func remove(from interface: NetworkInterface, force: Bool = false) throws(SystemCallError) {
        let what = "program \(name) (id \(id)) on \(interface.name)"
        guard hold != .link else {
            throw SystemCallError(
                "bpf_xdp_detach", errno: EBUSY,
                hint: "a running process or a pinned link holds \(what), so nothing is left over; end that process")
        }
        guard isAFXDP || force else {
            throw SystemCallError(
                "bpf_xdp_detach", errno: EPERM,
                hint: "\(what) is not of AF_XDP; force its removal if nobody needs it")
        }
        if hold == .dispatcher {
            try detachDispatcher(from: interface)
        } else {
            try detachProgram(from: interface)
        }
    }

    private func detachProgram(from interface: NetworkInterface) throws(SystemCallError) {
        let program = try SystemCallError.check(
            bpf_prog_get_fd_by_id(id), "bpf_prog_get_fd_by_id", hint: "the program \(name) is gone")
        defer { close(program) }
        var options = bpf_xdp_attach_opts()
        options.sz = MemoryLayout<bpf_xdp_attach_opts>.size
        // Only this program: who attached another meanwhile keeps it.
        options.old_prog_fd = program
        try SystemCallError.check(
            bpf_xdp_detach(CInt(interface.index), mode.flag, &options), "bpf_xdp_detach",
            hint: "the program on \(interface.name) changed meanwhile; look again")
    }

    private func detachDispatcher(from interface: NetworkInterface) throws(SystemCallError) {
        let programs = xdp_multiprog__get_from_ifindex(CInt(interface.index))
        let error = libxdp_get_error(UnsafeRawPointer(programs))
        try SystemCallError.check(CInt(error), "xdp_multiprog__get_from_ifindex")
        defer { xdp_multiprog__close(programs) }
        try SystemCallError.check(xdp_multiprog__detach(programs), "xdp_multiprog__detach")
        // Pins of dispatchers that are attached nowhere any more; libxdp says how many there were.
        _ = libxdp_clean_references(CInt(interface.index))
    }

    /// Names of the programs behind libxdp's dispatcher; nil if there is none.
    private static func dispatched(on interface: NetworkInterface) -> [String]? {
        let programs = xdp_multiprog__get_from_ifindex(CInt(interface.index))
        guard libxdp_get_error(UnsafeRawPointer(programs)) == 0 else { return nil }
        defer { xdp_multiprog__close(programs) }
        guard !xdp_multiprog__is_legacy(programs) else { return nil }
        var names: [String] = []
        var program = xdp_multiprog__next_prog(nil, programs)
        while let current = program {
            names.append(String(cString: xdp_program__name(current)))
            program = xdp_multiprog__next_prog(current, programs)
        }
        return names
    }

    /// Whether a BPF link attaches the program. Interfaces of other namespaces may have the same number, programs not.
    private static func hasLink(program: UInt32, interface: NetworkInterface) -> Bool {
        var id: UInt32 = 0
        while bpf_link_get_next_id(id, &id) == 0 {
            let link = bpf_link_get_fd_by_id(id)
            guard link >= 0 else { continue }
            defer { close(link) }
            var info = bpf_link_info()
            var length = UInt32(MemoryLayout<bpf_link_info>.size)
            guard bpf_obj_get_info_by_fd(link, &info, &length) == 0 else { continue }
            let isHere = info.type == BPF_LINK_TYPE_XDP.rawValue && info.xdp.ifindex == interface.index
            if isHere, info.prog_id == program { return true }
        }
        return false
    }

    private static func name(ofProgram id: UInt32) throws(SystemCallError) -> String {
        let program = try SystemCallError.check(
            bpf_prog_get_fd_by_id(id), "bpf_prog_get_fd_by_id", hint: "it takes CAP_SYS_ADMIN")
        defer { close(program) }
        var info = bpf_prog_info()
        var length = UInt32(MemoryLayout<bpf_prog_info>.size)
        try SystemCallError.check(bpf_obj_get_info_by_fd(program, &info, &length), "BPF_OBJ_GET_INFO_BY_FD")
        return withUnsafeBytes(of: info.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
