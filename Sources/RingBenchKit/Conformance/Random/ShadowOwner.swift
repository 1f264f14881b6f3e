/// Whom tokens are given: a socket or a ring set, as the sources say that it behaves.
final class ShadowOwner {
    /// Bindings that it received from, in order.
    private(set) var joined: [ShadowBinding] = []
    /// The one that it last received from.
    private(set) var current: ShadowBinding?
    /// Bindings that it got tokens of, in order of the first (A16).
    private(set) var named: [ShadowBinding] = []
    private let rules: TokenRules
    private let counts: Bool
    /// Its tokens, where each fragment is an entry.
    private var entries: [UInt32: ShadowBuffer] = [:]
    /// Its tokens of each net_iov, where they are counted for each owner.
    private var own: [Int] = []

    /// - Parameter counts: whether it counts as a user of a binding.
    init(_ rules: TokenRules, counts: Bool) {
        self.rules = rules
        self.counts = counts
    }

    /// What `admit` found.
    enum Admission { case admitted, dying, otherBinding }

    /// Whether it may receive from a binding; it joins the first time.
    func admit(_ binding: ShadowBinding) -> Admission {
        if current === binding { return .admitted }
        if !joined.contains(where: { $0 === binding }) {
            guard joined.isEmpty || rules.severalBindings else { return .otherBinding }
            guard !counts || binding.join() else { return .dying }
            joined.append(binding)
        }
        current = binding
        return .admitted
    }

    /// It is given a token of a buffer whose number is known.
    ///
    /// - Returns: what is wrong with the token, or nil.
    func issue(_ token: UInt32, of buffer: ShadowBuffer) -> String? {
        buffer.issue()
        let niov = UInt32(buffer.niov)
        if !named.contains(where: { $0 === buffer.binding }) { named.append(buffer.binding) }
        guard rules.token == .buffer else {
            guard token > 0, entries[token] == nil else { return "token \(token) was handed out twice" }
            entries[token] = buffer
            return nil
        }
        if rules.scope == .binding {
            buffer.binding.tokens[buffer.niov] += 1
        } else {
            if own.isEmpty { own = Array(repeating: 0, count: buffer.binding.tokens.count) }
            own[buffer.niov] += 1
        }
        let number = rules.encodesBinding ? UInt32(named.firstIndex { $0 === buffer.binding } ?? 0) << 27 : 0
        return token == number | niov ? nil : "token \(token) is not that of buffer \(niov)"
    }

    /// What a range means when it comes back on this owner.
    ///
    /// - Parameters:
    ///   - named: the binding that was named beside it, where that is done.
    ///   - wraps: whether numbers beyond 2^32 come round, as in the C of today's SO_DEVMEM_DONTNEED.
    ///   - attempts: tokens that may still be looked at.
    /// - Returns: how many come back, and how many are refused.
    func release(
        start: UInt32, count: UInt32, in binding: ShadowBinding?, wraps: Bool, attempts: inout Int
    ) -> (taken: Int, refused: UInt64) {
        guard rules.token == .buffer else { return releaseEntries(start, count, wraps, &attempts) }
        var target = binding ?? current
        var first = start
        if rules.encodesBinding {
            let number = Int(start >> 27)
            target = number < named.count ? named[number] : nil
            first = start & (1 << 27 - 1)
            guard target != nil else { return (0, UInt64(count)) }
        }
        guard let target else { return (0, 0) }
        guard !rules.namesBinding || named.contains(where: { $0 === target }) else { return (0, UInt64(count)) }
        var taken = 0
        var refused: UInt64 = 0
        for offset in 0..<count {
            let niov = UInt64(first) + UInt64(offset)
            guard niov < UInt64(target.tokens.count) else { return (taken, refused + UInt64(count - offset)) }
            guard attempts > 0 else { break }
            attempts -= 1
            if releaseOne(Int(niov), of: target) { taken += 1 } else { refused += 1 }
        }
        return (taken, refused)
    }

    /// Whether a token of that net_iov was there, and came back.
    func releaseOne(_ niov: Int, of binding: ShadowBinding) -> Bool { release(niov, 1, of: binding) }

    /// Whether so many tokens of that net_iov were there, and came back.
    func release(_ niov: Int, _ count: Int, of binding: ShadowBinding) -> Bool {
        if rules.scope == .binding {
            guard binding.tokens[niov] >= count else { return false }
            binding.tokens[niov] -= count
        } else {
            guard own.count > niov, own[niov] >= count else { return false }
            own[niov] -= count
        }
        binding.inUse[niov]?.release(count)
        return true
    }

    private func releaseEntries(
        _ start: UInt32, _ count: UInt32, _ wraps: Bool, _ attempts: inout Int
    ) -> (taken: Int, refused: UInt64) {
        var taken = 0
        var refused: UInt64 = 0
        for offset in 0..<count {
            let (token, overflow) = start.addingReportingOverflow(offset)
            guard attempts > 0 else { break }
            guard !overflow || wraps else { return (taken, refused + UInt64(count - offset)) }
            attempts -= 1
            if let buffer = entries.removeValue(forKey: token) {
                buffer.release(1)
                taken += 1
            } else {
                refused += 1
            }
        }
        return (taken, refused)
    }

    /// Whether the kernel knows of tokens that are this owner's.
    var holdsTokens: Bool {
        rules.token == .buffer ? rules.scope == .owner && own.contains { $0 > 0 } : !entries.isEmpty
    }

    /// It is closed.
    ///
    /// - Parameter takesBack: whether its tokens end with it.
    func close(takesBack: Bool) {
        if takesBack {
            for buffer in entries.values { buffer.release(1) }
            entries = [:]
            if rules.scope == .owner, let binding = joined.first {
                for niov in own.indices where own[niov] > 0 { binding.inUse[niov]?.release(own[niov]) }
                own = []
            }
        }
        if counts { for binding in joined { binding.leave() } }
    }
}
