/// Random interleavings of calls against one proposal: episodes on kernels of their own, each beside a shadow model.
struct RandomRun {
    /// Steps of an episode.
    static let episodeLength = 1000

    let subject: Subject
    let seed: UInt64

    /// Drives the proposal through so many operations, or until the kernel and the shadow model disagree.
    func run(operations: Int) -> RandomVerdict {
        var done = 0
        var tokens: UInt64 = 0
        var refusals: UInt64 = 0
        var number: UInt64 = 0
        while done < operations, !Interrupt.isRequested {
            let episodeSeed = seed &* 0x1_0000_0001 &+ number
            let length = min(Self.episodeLength, operations - done)
            let steps = Self.steps(length, seed: episodeSeed)
            do {
                let episode = try Episode(subject, seed: episodeSeed)
                try episode.run(steps)
                tokens += episode.tokens
                refusals += episode.refusals
            } catch {
                return verdict(done, tokens, refusals, failure: account(of: error, in: steps, episodeSeed, done))
            }
            done += length
            number += 1
        }
        return verdict(done, tokens, refusals, failure: nil)
    }

    private func verdict(_ done: Int, _ tokens: UInt64, _ refusals: UInt64, failure: String?) -> RandomVerdict {
        RandomVerdict(
            mechanism: subject.name, outcome: failure == nil ? .pass : .fail, operations: done, seed: seed,
            tokens: tokens,
            refusals: refusals, leftOut: leftOut, detail: failure ?? "")
    }

    private static func steps(_ count: Int, seed: UInt64) -> [RandomOperation] {
        var random = SeededGenerator(seed: ~seed)
        return (0..<count).map { _ in RandomOperation(using: &random) }
    }

    /// Inputs that the proposal is not driven with, because what they do to it is a known defect.
    private var leftOut: [String] {
        var left: [String] = []
        if subject.stray != .refused { left.append("returns of tokens that are not held (S2, S3)") }
        if subject.rules.beforeReceive == .oops, subject.returning == .socketOption {
            left.append("returns before the first receive (S7)")
        }
        if subject.cleanUp == .unbind { left.append("tokens that are out at unbind, receiving afterwards (S12, B1)") }
        if subject.truncates { left.append("too little room for control messages (C5)") }
        if subject.cleanUp == .never { left.append("clean-up: what is leaked is counted and compared (A15)") }
        return left
    }

    // MARK: when it fails

    /// Seed, step and the last steps of an episode, after leaving out all steps without which it fails too.
    private func account(of error: any Error, in steps: [RandomOperation], _ episodeSeed: UInt64, _ done: Int) -> String
    {
        var left = steps
        var size = left.count / 2
        while size > 0 {
            var start = 0
            while start < left.count {
                var fewer = left
                fewer.removeSubrange(start..<min(start + size, left.count))
                if failure(of: fewer, episodeSeed) != nil { left = fewer } else { start += size }
            }
            size /= 2
        }
        let log = failure(of: left, episodeSeed) ?? []
        return "seed \(seed), operation \(done) and following, \(error). The same in \(left.count) operations: "
            + log.suffix(16).joined(separator: "; ")
    }

    /// What was done and what was wrong, or nil if nothing was.
    private func failure(of steps: [RandomOperation], _ episodeSeed: UInt64) -> [String]? {
        do {
            let episode = try Episode(subject, seed: episodeSeed, logs: true)
            do {
                try episode.run(steps)
                return nil
            } catch {
                return (episode.log ?? []) + ["\(error)"]
            }
        } catch {
            return ["\(error)"]
        }
    }
}
