import CRingBaselines
import TokenRing

/// The rings that are measured against each other.
public enum RingImplementation: String, Codable, Sendable, CaseIterable {
    /// The shipped `ProducerRing` and `ConsumerRing`.
    case tokenRing = "TokenRing"
    /// libxdp's inline helpers over the kernel's offsets.
    case libxdp
    /// Plain C written for the purpose: what an index-published ring costs at the least.
    case lowerBound = "lower-bound"
}

/// What one implementation does in each of the four roles. Adding one is a line in `all`.
struct RingContender: Sendable {
    let implementation: RingImplementation
    /// Submits entries; returns how many.
    let produce: @Sendable (RingArena, crb_run) throws(LayoutError) -> UInt64
    /// Takes and compares entries.
    let consume: @Sendable (RingArena, crb_run) throws(LayoutError) -> crb_seen
    /// Sends an entry over the first ring and waits for it on the second.
    let ask: @Sendable (RingArena, crb_run) throws(LayoutError) -> crb_seen
    /// Sends entries of the first ring back over the second.
    let answer: @Sendable (RingArena, crb_run) throws(LayoutError) -> crb_seen

    static let all = [tokenRing, libxdp, lowerBound]

    static let libxdp = RingContender(
        implementation: .libxdp,
        produce: { crb_libxdp_produce($0.baselineRing(0), $1) },
        consume: { crb_libxdp_consume($0.baselineRing(0), $1) },
        ask: { crb_libxdp_ask($0.baselineRing(0), $0.baselineRing(1), $1) },
        answer: { crb_libxdp_answer($0.baselineRing(0), $0.baselineRing(1), $1) })

    static let lowerBound = RingContender(
        implementation: .lowerBound,
        produce: { crb_lower_bound_produce($0.baselineRing(0), $1) },
        consume: { crb_lower_bound_consume($0.baselineRing(0), $1) },
        ask: { crb_lower_bound_ask($0.baselineRing(0), $0.baselineRing(1), $1) },
        answer: { crb_lower_bound_answer($0.baselineRing(0), $0.baselineRing(1), $1) })

    static let tokenRing = RingContender(
        implementation: .tokenRing,
        produce: { (region, run) throws(LayoutError) in
            region.entryBytes == 8
                ? try produce(UInt64.self, region, run) : try produce(WordPair.self, region, run)
        },
        consume: { (region, run) throws(LayoutError) in
            region.entryBytes == 8
                ? try consume(UInt64.self, region, run) : try consume(WordPair.self, region, run)
        },
        ask: { (region, run) throws(LayoutError) in
            var requests = ProducerRing(memory: try region.memory(0, of: WordPair.self))
            var replies = ConsumerRing(memory: try region.memory(1, of: WordPair.self))
            return tokenRingAskLoop(&requests, &replies, run)
        },
        answer: { (region, run) throws(LayoutError) in
            var requests = ConsumerRing(memory: try region.memory(0, of: WordPair.self))
            var replies = ProducerRing(memory: try region.memory(1, of: WordPair.self))
            return tokenRingAnswerLoop(&requests, &replies, run)
        })

    private static func produce<Entry: RingEntry>(
        _: Entry.Type, _ region: RingArena, _ run: crb_run
    ) throws(LayoutError) -> UInt64 {
        var ring = ProducerRing(memory: try region.memory(0, of: Entry.self))
        return tokenRingProduceLoop(&ring, run)
    }

    private static func consume<Entry: RingEntry>(
        _: Entry.Type, _ region: RingArena, _ run: crb_run
    ) throws(LayoutError) -> crb_seen {
        var ring = ConsumerRing(memory: try region.memory(0, of: Entry.self))
        return tokenRingConsumeLoop(&ring, run)
    }
}
