import TokenRing
import TokenRingZCRX

/// Whether this kernel's zcrx works without a network device, found by doing it.
enum ZCRXSupport {
    /// - Throws: `Failure` of kind `.unavailable` with what the kernel answered; `.privilege` without CAP_NET_ADMIN.
    static func require() throws(Failure) {
        do throws(SystemCallError) {
            let ring = try CompletionRing(entries: 64)
            _ = try ZCRXQueue(with: ring, buffers: 16, refillEntries: 8)
        } catch {
            let failure = Failure(error)
            throw failure.kind == .privilege ? failure : Failure(.unavailable, error.description)
        }
    }
}
