import TokenRing
import TokenRingXDP

/// Removes what a killed AF_XDP program left on an interface.
public enum XDPCleanUp {
    /// One program that was found, and what became of it.
    public struct Found: Encodable, Sendable {
        /// Its name and number in the kernel.
        public let name: String
        public let id: UInt32
        /// How it was held: link, netlink or dispatcher.
        public let heldBy: String
        /// Native or skb.
        public let attachMode: String
        /// Whether it was removed.
        public let isRemoved: Bool
        /// One sentence.
        public let sentence: String

        private enum CodingKeys: String, CodingKey {
            case name, id, sentence
            case heldBy = "held_by"
            case attachMode = "attach_mode"
            case isRemoved = "removed"
        }
    }

    /// Looks at what is attached to the interface and removes what is left over.
    ///
    /// - Parameter force: also programs that are not of AF_XDP.
    /// - Throws: `Failure`: `.unavailable` if there is no such interface, `.privilege`, `.systemCall`.
    public static func run(interface name: String, force: Bool = false) throws(Failure) -> [Found] {
        try Capability.require([.netAdmin, .bpf], for: "xdp cleanup")
        do {
            let interface = try NetworkInterface(named: name)
            return try LeftProgram.attached(to: interface).map { remove($0, from: interface, force: force) }
        } catch let error as XDPError {
            throw Failure(error)
        } catch let error as SystemCallError {
            throw Failure(error)
        } catch {
            throw Failure(.systemCall, "\(error)")
        }
    }

    private static func remove(_ program: LeftProgram, from interface: NetworkInterface, force: Bool) -> Found {
        let what = "\(program.name) (id \(program.id), \(program.mode.rawValue)) on \(interface.name)"
        func found(_ isRemoved: Bool, _ sentence: String) -> Found {
            Found(
                name: program.name, id: program.id, heldBy: program.hold.rawValue, attachMode: program.mode.rawValue,
                isRemoved: isRemoved, sentence: sentence)
        }
        do {
            try program.remove(from: interface, force: force)
            return found(true, "removed \(what), which was held by \(program.hold.rawValue)")
        } catch {
            return found(false, "left \(what): \(error.hint)")
        }
    }
}
