import CTokenRing
import Glibc
import TokenRing

/// A network interface of the calling thread's network namespace.
public struct NetworkInterface: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Its index in the namespace where it was looked up.
    public let index: UInt32

    /// Looks an interface up.
    ///
    /// - Throws: `XDPError.noSuchInterface`.
    public init(named name: String) throws(XDPError) {
        let index = if_nametoindex(name)
        guard index > 0 else { throw .noSuchInterface(name) }
        self.name = name
        self.index = index
    }

    /// The driver's name, or "unknown" if it does not say.
    public var driver: String { (try? DriverInformation(interface: name))?.name ?? "unknown" }

    /// Receive queues in use, or nil if the driver does not say.
    public var receiveQueues: UInt32? {
        let queues = ctr_interface_queues(name)
        return queues > 0 ? UInt32(queues) : nil
    }

    /// Whether it is up and has a carrier.
    public var isRunning: Bool { ctr_interface_running(name) == 1 }

    /// - Throws: `XDPError.noSuchQueue` if the interface says that it has no such queue.
    func checkQueue(_ queue: UInt32) throws(XDPError) {
        guard let queues = receiveQueues, queue >= queues else { return }
        throw .noSuchQueue(queue, interface: name, queues: queues)
    }
}
