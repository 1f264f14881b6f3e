import RingKernelModel

/// A binding as the sources say that it behaves: who uses it, and which of its buffers are out.
final class ShadowBinding {
    let binding: Binding
    /// Which buffer each net_iov is at the moment, as far as user space knows.
    var inUse: [ShadowBuffer?]
    /// Tokens of each net_iov, where they are counted in the binding.
    var tokens: [Int]
    /// Buffers in queues or in user space's hands.
    var buffersOut = 0
    /// Bound queues, ring sets and sockets (A13).
    private(set) var users = 1
    /// Whether its queue is gone.
    private(set) var isUnbound = false
    private let policy: CleanUpPolicy
    private let scope: TokenRules.Scope

    init(_ binding: Binding, policy: CleanUpPolicy, scope: TokenRules.Scope) {
        self.binding = binding
        self.policy = policy
        self.scope = scope
        inUse = Array(repeating: nil, count: binding.niovCount)
        tokens = Array(repeating: 0, count: binding.niovCount)
    }

    /// A user joins. False: the last one is gone.
    func join() -> Bool {
        guard users > 0 else { return false }
        users += 1
        return true
    }

    /// A user leaves.
    func leave() {
        users -= 1
        if users == 0, policy == .lastUser { takeBack() }
    }

    /// The queue is gone.
    func unbind() {
        guard !isUnbound else { return }
        isUnbound = true
        if policy == .unbind { takeBack() }
        leave()
    }

    /// Every token that is counted in the binding is taken back.
    private func takeBack() {
        guard scope == .binding else { return }
        for niov in tokens.indices where tokens[niov] > 0 {
            let count = tokens[niov]
            tokens[niov] = 0
            inUse[niov]?.release(count)
        }
    }
}
