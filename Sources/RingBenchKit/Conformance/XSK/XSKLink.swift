import CTokenRing
import TokenRing
import TokenRingXDP

/// The two interfaces that a case sends between. A case runs on one thread that goes from one end to the other.
struct XSKLink: Sendable {
    /// An end of the link.
    enum Side: Sendable { case receiver, sender }

    private let wire: VethPair?
    private let names: (receiver: String, sender: String)

    /// A virtual wire of its own, gone with this process.
    init() throws(Failure) {
        let wire = try VethPair()
        self.wire = wire
        names = (wire.receiverName, wire.senderName)
    }

    /// Two interfaces of this network namespace that see each other's packets.
    init(interface: String, peer: String) throws(Failure) {
        wire = nil
        names = (interface, peer)
        for name in [interface, peer] {
            do throws(XDPError) { _ = try NetworkInterface(named: name) } catch { throw Failure(error) }
        }
    }

    /// The interface's name there.
    func name(of side: Side) -> String { side == .receiver ? names.receiver : names.sender }

    /// Takes the calling thread to one end and looks the interface up there.
    func enter(_ side: Side) throws(XSKEnding) -> NetworkInterface {
        if let wire {
            let namespace = side == .receiver ? wire.receiver : wire.sender
            let result = ctr_enter_network(namespace.descriptor)
            guard result == 0 else { throw .fail("setns: errno \(-result)") }
        }
        do throws(XDPError) { return try NetworkInterface(named: name(of: side)) } catch { throw XSKEnding(error) }
    }

    /// Sets the MTU of both ends.
    func setMTU(_ bytes: UInt32) throws(XSKEnding) {
        for side in [Side.receiver, .sender] {
            let interface = try enter(side)
            do throws(Failure) {
                try IPCommand.run("link", "set", "dev", interface.name, "mtu", "\(bytes)")
            } catch {
                throw .skip("\(error)")
            }
        }
    }
}
