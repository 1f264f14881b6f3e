import SystemPackage
import TokenRing
import TokenRingXDP

extension Failure {
    /// The failure behind an error of AF_XDP's set-up: unavailable for what this host or interface lacks.
    public init(_ error: XDPError) {
        switch error {
        case .system(let call) where call.errno == .addressFamilyNotSupported:
            self.init(.unavailable, call.description)
        case .system(let call):
            self.init(call)
        case .configuration:
            self.init(.usage, error.description)
        case .noSuchInterface, .noSuchQueue, .zeroCopyRefused, .ringLayout:
            self.init(.unavailable, error.description)
        }
    }
}
