import RingKernelModel

/// What comes in for one ring set.
final class ServedStream: @unchecked Sendable {
    let sockets: [Socket]
    /// Fragments that are still to come in. Softirq only.
    var left: UInt64

    /// A stream of `fragments` over all `sockets`; 0 for no end.
    init(_ sockets: [Socket], fragments: UInt64) {
        self.sockets = sockets
        left = fragments == 0 ? .max : fragments
    }
}
