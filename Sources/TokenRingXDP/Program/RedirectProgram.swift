import CXDP
import Glibc
import TokenRing

/// The XDP program that sends a queue's packets to the socket bound to it, and everything else up the stack.
///
/// It is attached through a BPF link: when the process ends, however it ends, the program is gone. It holds its sockets, so
/// that the program is detached before a socket closes. For set-up; one thread may hold it.
public final class RedirectProgram {
    /// The loaded program, for a test run. It belongs to this object.
    public let descriptor: CInt
    private let map: CInt
    private var link: CInt = -1
    private var sockets: [SocketHandle] = []

    /// Loads a program for sockets on queues `0 ..< queues`.
    ///
    /// - Throws: `SystemCallError`; EPERM without CAP_BPF and CAP_NET_ADMIN.
    public init(queues: UInt32 = 64) throws(SystemCallError) {
        LibraryLog.silenced
        let hint = "loading an XDP program needs CAP_BPF and CAP_NET_ADMIN"
        map = try SystemCallError.check(
            bpf_map_create(BPF_MAP_TYPE_XSKMAP, "tokenring_xsks", 4, 4, max(queues, 1), nil), "bpf_map_create(XSKMAP)",
            hint: hint)
        let instructions = Self.instructions(map: map)
        let program = bpf_prog_load(
            BPF_PROG_TYPE_XDP, "tokenring_xsk", "Apache-2.0", instructions, instructions.count, nil)
        guard program >= 0 else {
            close(map)
            throw SystemCallError("bpf_prog_load", errno: program, hint: hint)
        }
        descriptor = program
    }

    /// `return bpf_redirect_map(&xsks, ctx->rx_queue_index, XDP_PASS);`
    private static func instructions(map: CInt) -> [bpf_insn] {
        [
            // r2 = ctx->rx_queue_index
            bpf_insn(code: 0x61, dst_reg: 2, src_reg: 1, off: 16, imm: 0),
            // r1 = the map (two slots; source 1: the value is a map's descriptor)
            bpf_insn(code: 0x18, dst_reg: 1, src_reg: 1, off: 0, imm: map),
            bpf_insn(code: 0, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
            // r3 = XDP_PASS, what to do without a socket on this queue
            bpf_insn(code: 0xb7, dst_reg: 3, src_reg: 0, off: 0, imm: 2),
            // r0 = bpf_redirect_map(r1, r2, r3)
            bpf_insn(code: 0x85, dst_reg: 0, src_reg: 0, off: 0, imm: 51),
            // return r0
            bpf_insn(code: 0x95, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
        ]
    }

    /// Sends the packets of the socket's queue to it from now on.
    ///
    /// - Throws: `SystemCallError`; E2BIG if the queue is beyond what the program was loaded for.
    public func redirect(to socket: borrowing XDPSocket) throws(SystemCallError) {
        var key = socket.queue
        var value = socket.descriptor
        try SystemCallError.check(
            bpf_map_update_elem(map, &key, &value, 0), "bpf_map_update_elem(XSKMAP)", hint: "queue \(socket.queue)")
        sockets.append(socket.handle)
    }

    /// Attaches the program to an interface. Put the sockets in first: until then packets go up the stack.
    ///
    /// - Throws: `SystemCallError`; EBUSY if another program is attached, EOPNOTSUPP if the driver cannot do native mode.
    public func attach(to interface: NetworkInterface, mode: AttachMode.Request) throws(SystemCallError) -> AttachMode {
        detach()
        switch mode {
        case .native:
            try link(to: interface, native: true)
            return AttachMode(requested: mode, granted: .native, reason: "native mode was asked for")
        case .skb:
            try link(to: interface, native: false)
            return AttachMode(requested: mode, granted: .skb, reason: "skb mode was asked for")
        case .auto:
            let result = create(interface, native: true)
            if result >= 0 {
                link = result
                return AttachMode(
                    requested: mode, granted: .native, reason: "driver \(interface.driver) runs XDP programs itself")
            }
            guard result != -EBUSY, result != -EPERM else {
                throw SystemCallError("bpf_link_create(XDP native)", errno: result, hint: hint(interface))
            }
            try link(to: interface, native: false)
            let refusal = SystemCallError("native", errno: result).errno
            return AttachMode(
                requested: mode, granted: .skb, reason: "driver \(interface.driver) refuses native mode: \(refusal)")
        }
    }

    private func link(to interface: NetworkInterface, native: Bool) throws(SystemCallError) {
        link = try SystemCallError.check(
            create(interface, native: native), "bpf_link_create(XDP \(native ? "native" : "skb"))",
            hint: hint(interface))
    }

    private func create(_ interface: NetworkInterface, native: Bool) -> CInt {
        var options = bpf_link_create_opts()
        options.sz = MemoryLayout<bpf_link_create_opts>.size
        // XDP_FLAGS_DRV_MODE and XDP_FLAGS_SKB_MODE of linux/if_link.h.
        options.flags = native ? 1 << 2 : 1 << 1
        return bpf_link_create(descriptor, CInt(interface.index), BPF_XDP, &options)
    }

    private func hint(_ interface: NetworkInterface) -> String {
        "another XDP program may be on \(interface.name) (`ip link show \(interface.name)` names it), or the driver "
            + "cannot run it in this mode at this MTU; try skb mode"
    }

    /// Takes the program off the interface. Nothing happens if it is not attached.
    public func detach() {
        guard link >= 0 else { return }
        close(link)
        link = -1
    }

    deinit {
        detach()
        close(descriptor)
        close(map)
    }
}
