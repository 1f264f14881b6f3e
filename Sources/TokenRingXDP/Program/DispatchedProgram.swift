import CXDP
import Glibc
import TokenRing

/// libxdp's AF_XDP program behind libxdp's dispatcher, which lets several programs share an interface.
///
/// It needs a mounted bpffs and a kernel that lets the dispatcher's parts be replaced (BPF_PROG_TYPE_EXT). Where one of the
/// two is missing libxdp attaches the program alone and over netlink, where it would stay after `kill -9`: that is undone here,
/// and is an error.
final class DispatchedProgram {
    /// The program's own map.
    let map: SocketMap
    /// Where it runs.
    let mode: AttachMode.Granted
    private let program: OpaquePointer
    private let interface: NetworkInterface

    init(on interface: NetworkInterface, mode: AttachMode.Granted) throws(SystemCallError) {
        LibraryLog.silenced
        guard let program = xdp_program__find_file("xsk_def_xdp_prog.o", "xdp", nil),
            libxdp_get_error(UnsafeRawPointer(program)) == 0
        else {
            throw SystemCallError(
                "xdp_program__find_file", errno: ENOENT, hint: "libxdp's xsk_def_xdp_prog.o is not installed")
        }
        let attached = xdp_program__attach(program, CInt(interface.index), Self.mode(mode), 0)
        guard attached == 0 else {
            xdp_program__close(program)
            throw SystemCallError("xdp_program__attach", errno: attached, hint: "on \(interface.name)")
        }
        let found = bpf_object__find_map_fd_by_name(xdp_program__bpf_obj(program), "xsks_map")
        let isDispatched = Self.isDispatched(interface)
        guard isDispatched, found >= 0 else {
            _ = xdp_program__detach(program, CInt(interface.index), Self.mode(mode), 0)
            xdp_program__close(program)
            throw SystemCallError(
                "xdp_program__attach", errno: isDispatched ? found : EOPNOTSUPP,
                hint: "libxdp's dispatcher needs a bpffs on /sys/fs/bpf and programs of type EXT")
        }
        // The object closes its own.
        map = SocketMap(try OwnedDescriptor(dup(found), of: "dup"))
        self.mode = mode
        self.program = program
        self.interface = interface
    }

    private static func mode(_ mode: AttachMode.Granted) -> xdp_attach_mode {
        mode == .native ? XDP_MODE_NATIVE : XDP_MODE_SKB
    }

    private static func isDispatched(_ interface: NetworkInterface) -> Bool {
        guard let programs = xdp_multiprog__get_from_ifindex(CInt(interface.index)),
            libxdp_get_error(UnsafeRawPointer(programs)) == 0
        else { return false }
        defer { xdp_multiprog__close(programs) }
        return !xdp_multiprog__is_legacy(programs)
    }

    deinit {
        _ = xdp_program__detach(program, CInt(interface.index), Self.mode(mode), 0)
        xdp_program__close(program)
    }
}
