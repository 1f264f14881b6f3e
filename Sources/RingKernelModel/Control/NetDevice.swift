import Glibc
import Synchronization

/// The network device that a dmabuf is bound to, as far as binding asks: its queues and what must be configured.
public final class NetDevice: @unchecked Sendable {
    /// One receive queue.
    public struct Queue: Sendable {
        /// A memory provider is bound to it.
        public var hasProvider = false
        /// An AF_XDP socket has a UMEM on it.
        public var hasXDPPool = false
        /// It is leased to another device.
        public var isLeased = false

        /// A free queue.
        public init() {}
    }

    /// Receive queues.
    public var queues: [Queue]
    /// Header split, `tcp-data-split` of ethtool.
    public var splitsHeaders = true
    /// `hds-thresh`: packets up to so many bytes are not split.
    public var headerSplitThreshold = 0
    /// An XDP program is attached.
    public var hasXDPProgram = false
    /// NAPI: softirq holds it while it polls, taking a queue away waits for it.
    let napi = SpinLock()

    /// A device on which a bind succeeds.
    public init(queues: Int = 4) { self.queues = Array(repeating: Queue(), count: queues) }

    /// `ethtool -L`: refused when a queue that would go away is bound (selftest D6d).
    ///
    /// - Returns: 0 or -errno.
    public func setChannels(_ count: Int) -> Int {
        guard count > 0 else { return -Int(EINVAL) }
        guard !queues.dropFirst(count).contains(where: \.hasProvider) else { return -Int(EBUSY) }
        queues = Array(queues.prefix(count)) + Array(repeating: Queue(), count: max(0, count - queues.count))
        return 0
    }
}
