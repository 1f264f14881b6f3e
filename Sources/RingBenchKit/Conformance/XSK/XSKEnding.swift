import SystemPackage
import TokenRing
import TokenRingXDP

/// Why a case ended before its end.
enum XSKEnding: Error, Sendable {
    /// What was seen is not what must be.
    case fail(String)
    /// This kernel or driver cannot run the case, in the kernel's words.
    case skip(String)

    /// What the kernel does not support is skipped; everything else is a failure.
    init(_ error: XDPError) {
        let isMissing = error.errno == .notSupportedOnSocket || error.errno == .protocolNotAvailable
        self = isMissing ? .skip(error.description) : .fail(error.description)
    }

    init(_ error: SystemCallError) { self.init(.system(error)) }
}

/// Fails the case unless something holds.
func require(_ condition: Bool, _ otherwise: @autoclosure () -> String) throws(XSKEnding) {
    if !condition { throw .fail(otherwise()) }
}
