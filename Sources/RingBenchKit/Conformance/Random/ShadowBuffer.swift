/// A buffer that the NIC has filled, as the shadow model follows it until it is back in the pool.
final class ShadowBuffer {
    unowned let binding: ShadowBinding
    /// Its number; known once a fragment of it was received.
    var niov = -1
    /// Fragments of it in receive queues.
    private(set) var queued: Int
    /// Tokens of it that user space holds.
    private(set) var tokens = 0

    /// A buffer with so many fragments in a receive queue.
    init(_ binding: ShadowBinding, queued: Int) {
        self.binding = binding
        self.queued = queued
        binding.buffersOut += 1
    }

    /// A fragment left the queue and became a token.
    func issue() {
        queued -= 1
        tokens += 1
    }

    /// A queued fragment was thrown away.
    func purge() {
        queued -= 1
        settle()
    }

    /// Tokens came back, or were taken back.
    func release(_ count: Int) {
        tokens -= count
        settle()
    }

    private func settle() {
        guard queued == 0, tokens == 0 else { return }
        binding.buffersOut -= 1
        if niov >= 0 { binding.inUse[niov] = nil }
    }
}
