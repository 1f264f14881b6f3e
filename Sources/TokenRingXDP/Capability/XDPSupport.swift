import CTokenRing
import CXDP
import Glibc
import TokenRing

/// Whether this kernel lets this process make what AF_XDP needs. Each question makes the thing and throws it away.
public enum XDPSupport {
    /// Makes an AF_XDP socket. Takes CAP_NET_RAW and CONFIG_XDP_SOCKETS.
    ///
    /// - Throws: `SystemCallError`: EAFNOSUPPORT without the option, EPERM without the capability.
    public static func makeSocket() throws(SystemCallError) {
        let descriptor = try SystemCallError.check(ctr_xdp_socket(), "socket(AF_XDP)")
        close(descriptor)
    }

    /// Loads an XDP program that passes every packet on, and attaches it to nothing. Takes CAP_BPF and CAP_NET_ADMIN.
    ///
    /// - Throws: `SystemCallError`: EPERM without the capabilities.
    public static func loadProgram() throws(SystemCallError) {
        // r0 = XDP_PASS; exit
        let instructions = [
            bpf_insn(code: 0xB7, dst_reg: 0, src_reg: 0, off: 0, imm: 2),
            bpf_insn(code: 0x95, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
        ]
        let descriptor = try SystemCallError.check(
            bpf_prog_load(BPF_PROG_TYPE_XDP, "ringbench_probe", "GPL", instructions, instructions.count, nil),
            "bpf(BPF_PROG_LOAD)")
        close(descriptor)
    }

    /// The version that libbpf says of itself, such as "v1.1".
    public static var libbpfVersion: String { String(cString: libbpf_version_string()) }
}
