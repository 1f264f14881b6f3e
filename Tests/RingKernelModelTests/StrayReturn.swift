import Glibc
import RingKernelModel

/// What a socket-option mechanism answers to returns that it should not get; sources.md 1D and design/mechanisms.md.
struct StrayReturn: CustomStringConvertible, Sendable {
    let name: String
    /// Result of returning a token a second time, and of one in range that was never issued.
    var counts = 0
    /// Whether a return on another socket of the binding frees the buffer.
    var takesOthers = false
    /// Result before anything was received.
    var beforeReceive = -Int(EINVAL)
    /// Whether closing the socket takes back what it holds.
    var closeFrees = false
    /// Whether a token that the binding cannot have is refused as that, and not as one that is not held.
    var knowsRange = true

    var description: String { name }

    /// All but the raw pointer, which nothing can be expected of.
    static let all = [
        StrayReturn(name: "sockopt-xarray", beforeReceive: 0, closeFrees: true, knowsRange: false),
        StrayReturn(name: "sockopt-rfc-v3", beforeReceive: 0, closeFrees: true, knowsRange: false),
        StrayReturn(name: "sockopt-hash", beforeReceive: 0, closeFrees: true, knowsRange: false),
        StrayReturn(name: "sockopt-rcu", closeFrees: true),
        StrayReturn(name: "sockopt-uref", counts: 1, takesOthers: true),
        StrayReturn(name: "sockopt-uref-unbind", counts: 1, takesOthers: true),
        StrayReturn(name: "sockopt-uref-never", takesOthers: true),
        StrayReturn(name: "sockopt-uref-fixed", takesOthers: true),
        StrayReturn(name: "sockopt-uref-socket", beforeReceive: 0, closeFrees: true),
        StrayReturn(name: "sockopt-binding-index", takesOthers: true),
        StrayReturn(name: "sockopt-token-v2", takesOthers: true),
        StrayReturn(name: "sockopt-plain", counts: 1, closeFrees: true),
        StrayReturn(name: "autorelease-sysctl", counts: 1, takesOthers: true),
        StrayReturn(name: "autorelease-sockopt", counts: 1, takesOthers: true),
        StrayReturn(name: "autorelease-netlink", counts: 1, takesOthers: true),
        StrayReturn(name: "autorelease-boot", takesOthers: true),
    ]
}
