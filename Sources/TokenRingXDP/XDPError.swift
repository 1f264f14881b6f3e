import SystemPackage
import TokenRing

/// Why an AF_XDP object could not be set up. `description` is one sentence that says what to do about it.
public enum XDPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A size that no kernel takes: which field, its value, and what would be right.
    case configuration(field: String, value: UInt64, reason: String)
    /// The calling thread's network namespace has no such interface.
    case noSuchInterface(String)
    /// The interface has fewer receive queues; they count from 0.
    case noSuchQueue(UInt32, interface: String, queues: UInt32)
    /// Zero copy was demanded and the driver does not offer it.
    case zeroCopyRefused(interface: String, driver: String, SystemCallError)
    /// The kernel's ring offsets do not describe a ring in what was mapped.
    case ringLayout(ring: String, LayoutError)
    /// A call failed.
    case system(SystemCallError)

    /// What the kernel said, if it was asked.
    public var errno: Errno? {
        switch self {
        case .zeroCopyRefused(_, _, let error), .system(let error): error.errno
        case .noSuchInterface: .noSuchAddressOrDevice
        case .configuration, .noSuchQueue, .ringLayout: nil
        }
    }

    /// One sentence.
    public var description: String {
        switch self {
        case .configuration(let field, let value, let reason):
            "\(field) is \(value): \(reason)"
        case .noSuchInterface(let name):
            "there is no interface \(name) in this network namespace; `ip link` lists them"
        case .noSuchQueue(let queue, let interface, let queues):
            "\(interface) has no queue \(queue): its \(queues) queues are 0 to \(Int64(queues) - 1)"
        case .zeroCopyRefused(let interface, let driver, let error):
            "\(interface) (driver \(driver)) refuses zero copy, \(error); use copy mode or let the kernel choose"
        case .ringLayout(let ring, let error):
            "the kernel's \(ring) ring cannot be used, \(error)"
        case .system(let error):
            error.description
        }
    }
}
