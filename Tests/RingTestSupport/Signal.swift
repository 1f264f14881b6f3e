import Synchronization

/// What one thread tells another, once: to stop, mostly.
public final class Signal: Sendable {
    private let flag = Atomic(false)

    /// Not set yet.
    public init() {}

    /// Whether the other thread has set it.
    public var isSet: Bool { flag.load(ordering: .acquiring) }

    /// Sets it, for good.
    public func set() { flag.store(true, ordering: .releasing) }
}
