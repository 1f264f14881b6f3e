import Glibc
import TokenRing
import TokenRingXDP

/// A virtual wire between two network namespaces of its own. The machine's interfaces and routes are not touched, and
/// nothing is left when the process ends.
public final class VethPair: Sendable {
    /// Where packets arrive; the interface is `receiverName`.
    public let receiver: NetworkNamespace
    /// Where packets come from; the interface is `senderName`.
    public let sender: NetworkNamespace
    /// Name of the receiving end.
    public let receiverName: String
    /// Name of the sending end.
    public let senderName: String

    /// Makes the wire, up on both sides, with IPv6 off so that the kernel sends nothing of its own.
    ///
    /// - Parameter queues: that each end has. What the sender's queue sends comes in on the receiver's queue of the same number.
    /// - Throws: `Failure`: `.privilege` without CAP_SYS_ADMIN and CAP_NET_ADMIN, `.unavailable` without iproute2.
    public convenience init(queues: Int = 1) throws(Failure) {
        let sender: NetworkNamespace
        let receiver: NetworkNamespace
        do throws(SystemCallError) {
            sender = try NetworkNamespace()
            receiver = try NetworkNamespace()
        } catch {
            throw Failure(error)
        }
        try self.init(from: sender, to: receiver, names: (sender: "ring-tx", receiver: "ring-rx"), queues: queues)
    }

    /// Makes a wire between two namespaces that exist, so that packets can go on from one wire to the next.
    ///
    /// - Throws: as the other.
    public init(
        from sender: NetworkNamespace, to receiver: NetworkNamespace, names: (sender: String, receiver: String),
        queues: Int = 1
    ) throws(Failure) {
        (self.sender, self.receiver) = (sender, receiver)
        (senderName, receiverName) = (names.sender, names.receiver)
        let (rx, tx, senderPath) = (receiverName, senderName, sender.path)
        try receiver.run { () throws(Failure) in
            Self.disableIPv6()
            let size = ["numrxqueues", "\(queues)", "numtxqueues", "\(queues)"]
            try IPCommand.run(
                ["link", "add", rx] + size + ["type", "veth", "peer", "name", tx] + size + ["netns", senderPath])
        }
        try sender.run { () throws(Failure) in
            Self.disableIPv6()
            try Self.bringUp(tx)
        }
        try receiver.run { () throws(Failure) in
            try Self.bringUp(rx)
            try Self.awaitCarrier(rx)
        }
        try sender.run { () throws(Failure) in try Self.awaitCarrier(tx) }
    }

    /// Both knobs, because /proc/sys may be read-only; the second is in `bringUp`.
    private static func disableIPv6() {
        for scope in ["all", "default"] {
            let file = open("/proc/sys/net/ipv6/conf/\(scope)/disable_ipv6", O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { continue }
            _ = write(file, "1", 1)
            close(file)
        }
    }

    private static func bringUp(_ name: String) throws(Failure) {
        try IPCommand.run("link", "set", "dev", name, "addrgenmode", "none")
        try IPCommand.run("link", "set", "dev", name, "up")
    }

    private static func awaitCarrier(_ name: String) throws(Failure) {
        do throws(XDPError) {
            if try NetworkInterface(named: name).awaitCarrier() { return }
        } catch {
            throw Failure(error)
        }
        throw Failure(.systemCall, "\(name) has no carrier some seconds after it was brought up")
    }
}

extension NetworkInterface {
    /// Waits until the kernel has activated the link: some milliseconds after a virtual one is up, seconds after some drivers
    /// were given a program. Packets sent before are dropped or stay. False if it does not.
    func awaitCarrier() -> Bool {
        for _ in 0..<5000 {
            if isRunning { return true }
            usleep(1000)
        }
        return false
    }
}
