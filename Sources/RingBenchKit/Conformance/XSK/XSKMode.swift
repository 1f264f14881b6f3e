import TokenRingXDP

/// Where packets are received: the modes of the kernel's test_xsk, each with and without busy polling.
public struct XSKMode: Hashable, Sendable {
    /// The path.
    public enum Path: String, CaseIterable, Sendable {
        /// The program runs on an skb, the kernel copies.
        case skb
        /// The program runs in the driver, the kernel copies.
        case drv
        /// The driver receives into the UMEM.
        case zc
    }

    /// The path.
    public let path: Path
    /// Whether the sockets prefer busy polling.
    public let busyPoll: Bool

    /// A mode.
    public init(_ path: Path, busyPoll: Bool = false) {
        self.path = path
        self.busyPoll = busyPoll
    }

    /// `skb`, `drv busy-poll`.
    public var name: String { path.rawValue + (busyPoll ? " busy-poll" : "") }

    /// What the socket asks for; never left to the kernel, so that a mode is what it says.
    var copyMode: CopyMode.Request { path == .zc ? .zeroCopy : .copy }
    /// Where the program goes.
    var attachMode: AttachMode.Request { path == .skb ? .skb : .native }
}
