import Glibc
import RingKernelModel
import TokenRing

extension Episode {
    /// A way to return.
    enum Path {
        /// SO_DEVMEM_DONTNEED on a socket.
        case socket(EpisodeSocket)
        /// A call on the descriptor of a binding, by its number here.
        case binding(Int)
        /// An entry of a return ring.
        case ring(EpisodeRingSet)
        /// The call beside a return ring.
        case ringCall(EpisodeRingSet)
    }

    // MARK: well

    /// Returns some of what user space holds, in a way that is right for it.
    func giveBack(_ first: Int, upTo count: Int, _ choice: Int) throws {
        guard let hold = pick(holds, first), let path = path(for: hold, choice) else { return }
        var ranges: [TokenRange] = []
        var position = first % holds.count
        while ranges.count < count, position < holds.count {
            if holds[position].owner === hold.owner, holds[position].binding === hold.binding {
                ranges.append(TokenRange(token_start: holds[position].token, token_count: 1))
                holds.swapAt(position, holds.count - 1)
                holds.removeLast()
            } else {
                position += 1
            }
        }
        try give(ranges, path, of: hold.binding)
    }

    /// Returns everything of a binding that user space holds and can return.
    func giveBackEverything(of binding: ShadowBinding) throws {
        while let position = holds.firstIndex(where: { $0.binding === binding && path(for: $0, 0) != nil }) {
            let hold = holds.remove(at: position)
            guard let path = path(for: hold, 0) else { continue }
            try give([TokenRange(token_start: hold.token, token_count: 1)], path, of: binding)
        }
    }

    /// A way in which this token comes back for certain; nil when its owner is gone and nobody else may return it.
    private func path(for hold: Hold, _ choice: Int) -> Path? {
        if subject.returnsOnBinding, let number = bindings.firstIndex(where: { $0 === hold.binding }) {
            return .binding(number)
        }
        let anybody = rules.scope == .binding
        let rings = openRingSets.filter { $0.binding === hold.binding && (anybody || $0.owner === hold.owner) }
        if subject.returnsByRing, let ringSet = pick(rings, choice / 4) {
            return subject.hasReturnRing && choice % 4 == 0 ? .ringCall(ringSet) : .ring(ringSet)
        }
        // A socket that came to the binding only after its tokens were named cannot say their names (A16, A17).
        let sayers = openSockets.filter {
            $0.ringSet == nil && $0.owner.current === hold.binding && (anybody || $0.owner === hold.owner)
                && (!(rules.encodesBinding || rules.namesBinding) || $0.owner === hold.owner)
        }
        if let socket = pick(sayers, choice / 4) { return .socket(socket) }
        let owner = openSockets.first { $0.owner === hold.owner && $0.ringSet == nil && rules.severalBindings }
        return owner.map { .socket($0) }
    }

    // MARK: badly

    /// Returns what is not held, or only in part: strays, doubles, what is out of range, ranges that wrap, arrays too long.
    func giveBackBadly(_ operation: RandomOperation) throws {
        guard let path = anyPath(Int(operation.first)) else { return }
        let choice = Int(operation.third)
        guard choice % 16 != 0 else { return try giveTooMany(path) }
        let start = badStart(Int(operation.second), choice / 16)
        let mostOnRing: UInt32 = if case .ring = path { 50 } else { .max }
        let count = min(Self.badCounts[choice / 128 % 16], rules.token == .entry ? mostOnRing : .max)
        guard refusesStrays || isHarmless(start, path) else { return }
        try give([TokenRange(token_start: start, token_count: count)], path, of: pick(bindings, choice) ?? bindings[0])
    }

    private static let badCounts: [UInt32] = [0, 1, 1, 1, 1, 2, 2, 3, 4, 5, 8, 20, 40, 60, 3000, .max]

    private func badStart(_ number: Int, _ choice: Int) -> UInt32 {
        let small = UInt32(number / 8 % 70)
        return switch choice % 6 {
        case 0: pick(holds, number)?.token ?? small
        case 1: small
        case 2: UInt32.max - small
        case 3: 64 + small
        case 4: UInt32(truncatingIfNeeded: number)
        default: (1 << 27) * UInt32(number % 5) + small
        }
    }

    /// Whether a stray return does no harm even where nothing refuses it: a token that the binding cannot have.
    private func isHarmless(_ start: UInt32, _ path: Path) -> Bool {
        if case .socket = path, rules.outOfRange == .oops { return false }
        return start >= UInt32(Self.mostNiovs)
    }

    private func anyPath(_ number: Int) -> Path? {
        if subject.returnsOnBinding { return .binding(number % bindings.count) }
        if subject.returnsByRing, number % 4 > 0, let ringSet = pick(openRingSets, number / 8) {
            return subject.hasReturnRing && number % 4 == 1 ? .ringCall(ringSet) : .ring(ringSet)
        }
        return pick(openSockets.filter { $0.ringSet == nil || subject.hasReturnRing }, number / 8).map { .socket($0) }
    }

    private func giveTooMany(_ path: Path) throws {
        if case .ring = path { return }
        if case .socket = path, rules.namesBinding { return }
        let ranges = Array(repeating: TokenRange(token_start: 0, token_count: 1), count: 129)
        let result = call(path, ranges, bindings[0])
        did("129 ranges: \(ErrnoName.text(of: result))")
        try require(result == -Int(EINVAL), "129 ranges in one call: \(ErrnoName.text(of: result))")
    }

    // MARK: both

    private func countRefused(_ tokens: UInt64) {
        refused += tokens
        if tokens > 0 { refusals += 1 }
    }

    /// Returns ranges and compares what the kernel says with what it should.
    private func give(_ ranges: [TokenRange], _ path: Path, of binding: ShadowBinding) throws {
        if case .ring(let ringSet) = path { return put(ranges, into: ringSet) }
        guard let expected = expect(ranges, path, binding) else { return }
        let result = call(path, ranges, binding)
        did("return \(ranges.map { "\($0.token_start)+\($0.token_count)" }) in a call: \(ErrnoName.text(of: result))")
        try require(
            result == expected, "a return said \(ErrnoName.text(of: result)) and not \(ErrnoName.text(of: expected))")
    }

    private func call(_ path: Path, _ ranges: [TokenRange], _ binding: ShadowBinding) -> Int {
        ranges.withUnsafeBytes { bytes in
            switch path {
            case .ring: return 0
            case .ringCall(let ringSet): return ringSet.user.ringSet.release(bytes)
            case .binding(let number):
                guard subject.returning == .netlink else {
                    return kernel.ioctlRelease(on: bindings[number].binding, bytes)
                }
                return Kernel.netlinkMessage(bytes).withUnsafeBytes {
                    kernel.netlinkRelease(on: bindings[number].binding, $0)
                }
            case .socket(let socket):
                guard rules.namesBinding else { return kernel.dontNeed(on: socket.socket, bytes) }
                let named = ranges.map {
                    BindingTokenRange(start: $0.token_start, count: $0.token_count, binding: binding.binding.id)
                }
                return named.withUnsafeBytes { kernel.dontNeedV2(on: socket.socket, $0) }
            }
        }
    }

    /// What a call should say, which the shadow model does at the same time; nil when it is left out.
    private func expect(_ ranges: [TokenRange], _ path: Path, _ binding: ShadowBinding) -> Int? {
        let owner: ShadowOwner
        var wraps = true
        switch path {
        case .ring: return 0
        case .ringCall(let ringSet):
            owner = ringSet.owner
            wraps = false
        case .binding(let number): owner = openers[number]
        case .socket(let socket):
            owner = socket.ringSet?.owner ?? socket.owner
            wraps = socket.ringSet == nil
            guard owner.current == nil else { break }
            switch rules.beforeReceive {
            case .invalid: return -Int(EINVAL)
            // What v1 follows is its known defect.
            case .oops: return nil
            // An xarray that is made with the first token counts nothing before.
            case .nothing: guard !isAutomatic else { return nil }
            }
        }
        var attempts = 1024
        var taken = 0
        for range in ranges where attempts > 0 {
            let result = owner.release(
                start: range.token_start, count: range.token_count, in: rules.namesBinding ? binding : nil,
                wraps: wraps,
                attempts: &attempts)
            taken += result.taken
            countRefused(result.refused)
        }
        return taken
    }

    private func put(_ ranges: [TokenRange], into ringSet: EpisodeRingSet) {
        for range in ranges {
            guard !subject.hasReturnRing else {
                guard ringSet.user.putRange(range) else { return }
                ringSet.pending.append(.range(range))
                did("submit \(range.token_start)+\(range.token_count)")
                continue
            }
            for offset in 0..<min(range.token_count, 8) where range.token_start <= .max - offset {
                putBuffer(range.token_start + offset, ringSet)
            }
        }
    }

    private func putBuffer(_ token: UInt32, _ ringSet: EpisodeRingSet) {
        let address = UInt64(token) * UInt64(Binding.pageBytes)
        let isIn =
            subject.returning == .refillRing
            ? ringSet.user.putRefill(RefillEntry(offset: address)) : ringSet.user.putFill(address)
        guard isIn else { return }
        let isValid = Int(token) < ringSet.binding.tokens.count
        ringSet.pending.append(.buffer(isValid ? Int(token) : nil))
        did("submit buffer \(token)")
    }

    /// The flush call, until it finds nothing more.
    func flush(_ ringSet: EpisodeRingSet?) throws {
        guard let ringSet else { return }
        while !ringSet.pending.isEmpty {
            let waiting = ringSet.pending.count
            let result = ringSet.user.ringSet.flush()
            let expected = try applyConsumed(ringSet, inSoftirq: false)
            did("flush: \(result)")
            try require(result == expected, "flush said \(result) and not \(expected)")
            try require(ringSet.pending.count < waiting, "flush left \(waiting) entries where they are")
        }
    }

    /// What the kernel has taken from a return ring is done in the shadow model too.
    ///
    /// - Returns: how many tokens came back.
    func applyConsumed(_ ringSet: EpisodeRingSet, inSoftirq: Bool) throws -> Int {
        var taken = 0
        // zcrx folds a run of entries for one buffer in softirq, and takes it whole or not at all.
        var run: (niov: Int, count: Int)?
        func putRun() {
            guard let (niov, count) = run else { return }
            if ringSet.owner.release(niov, count, of: ringSet.binding) {
                taken += count
            } else {
                countRefused(UInt64(count))
            }
            run = nil
        }
        let folds = inSoftirq && subject.returning == .refillRing
        for entry in ringSet.takeConsumed() {
            switch entry {
            case .range(let range):
                var attempts = Int.max
                let result = ringSet.owner.release(
                    start: range.token_start, count: range.token_count, in: nil, wraps: false, attempts: &attempts)
                taken += result.taken
                countRefused(result.refused)
            case .buffer(nil): countRefused(1)
            case .buffer(let niov?):
                if run?.niov != niov || !folds { putRun() }
                run = (niov, (run?.count ?? 0) + 1)
            }
        }
        putRun()
        return taken
    }
}
