/// What would have crashed a real kernel: the model goes on and writes it down here.
public final class OopsLog: @unchecked Sendable {
    private let lock = SpinLock()
    nonisolated(unsafe) private var sentences: [String] = []

    /// In order; empty in a correct kernel.
    public var all: [String] { lock.withLock { sentences } }

    /// Writes one down; a thousand are kept.
    func record(_ sentence: String) {
        lock.withLock { if sentences.count < 1000 { sentences.append(sentence) } }
    }
}
