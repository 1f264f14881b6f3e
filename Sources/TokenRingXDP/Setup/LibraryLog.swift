import CXDP

/// libxdp and libbpf print to stderr unless told otherwise. What they know beyond the errno goes into our errors.
enum LibraryLog {
    /// Silences both libraries, once, for the whole process: their print function is a global.
    static let silenced: Void = {
        _ = libxdp_set_print(nil)
        _ = libbpf_set_print(nil)
    }()
}
