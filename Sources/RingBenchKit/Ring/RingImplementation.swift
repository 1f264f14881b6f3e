import CRingBaselines
import TokenRing

/// The rings that are measured against each other.
public enum RingImplementation: String, Codable, Sendable {
    /// The shipped `ProducerRing` and `ConsumerRing`, published by the producer index.
    case tokenRing = "TokenRing"
    /// The same rings over `SlotPublishedMemory`: a phase bit in each entry.
    case tokenRingSlot = "TokenRing-slot"
    /// libxdp's inline helpers over the kernel's offsets.
    case libxdp
    /// Plain C written for the purpose: what an index-published ring costs at the least.
    case lowerBound = "lower-bound"
    /// Concurrency Kit's.
    case ckRing = "ck_ring"
    /// DPDK's, for one producer and one consumer.
    case rteRing = "rte_ring"
    /// Boost's.
    case spscQueue = "spsc_queue"

    /// Those that are always there.
    public static let own: [RingImplementation] = [.tokenRing, .tokenRingSlot, .libxdp, .lowerBound]
    /// Those of other projects, which `make bench-peers` builds.
    public static let peers: [RingImplementation] = [.ckRing, .rteRing, .spscQueue]
}

/// What one implementation does in each of the four roles. Adding one is a line in `all`.
struct RingContender: Sendable {
    let implementation: RingImplementation
    /// Bytes that it needs for a ring of so many slots and entries of so many bytes, if that is not what ours take.
    var ringBytes: @Sendable (_ capacity: UInt32, _ entryBytes: UInt32) -> Int = { _, _ in 0 }
    /// Whether two processes can have a side each, wherever they map it.
    var crossesProcesses = true
    /// Makes both rings of cleared memory ready.
    var prepare: @Sendable (RingArena) -> Void = { _ in }
    /// Submits entries; returns how many.
    let produce: @Sendable (RingArena, crb_run) throws(LayoutError) -> UInt64
    /// Takes and compares entries.
    let consume: @Sendable (RingArena, crb_run) throws(LayoutError) -> crb_seen
    /// Sends an entry over the first ring and waits for it on the second.
    let ask: @Sendable (RingArena, crb_run) throws(LayoutError) -> crb_seen
    /// Sends entries of the first ring back over the second.
    let answer: @Sendable (RingArena, crb_run) throws(LayoutError) -> crb_seen

    static let own = [tokenRing, tokenRingSlot, libxdp, lowerBound]

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
                ? produce(try region.memory(0, of: UInt64.self), run)
                : produce(try region.memory(0, of: WordPair.self), run)
        },
        consume: { (region, run) throws(LayoutError) in
            region.entryBytes == 8
                ? consume(try region.memory(0, of: UInt64.self), run)
                : consume(try region.memory(0, of: WordPair.self), run)
        },
        ask: { (region, run) throws(LayoutError) in
            ask(try region.memory(0, of: WordPair.self), try region.memory(1, of: WordPair.self), run)
        },
        answer: { (region, run) throws(LayoutError) in
            answer(try region.memory(0, of: WordPair.self), try region.memory(1, of: WordPair.self), run)
        })

    static let tokenRingSlot = RingContender(
        implementation: .tokenRingSlot,
        produce: { (region, run) throws(LayoutError) in
            region.entryBytes == 8
                ? produce(try region.slotMemory(0, of: UInt64.self), run)
                : produce(try region.slotMemory(0, of: WordPair.self), run)
        },
        consume: { (region, run) throws(LayoutError) in
            region.entryBytes == 8
                ? consume(try region.slotMemory(0, of: UInt64.self), run)
                : consume(try region.slotMemory(0, of: WordPair.self), run)
        },
        ask: { (region, run) throws(LayoutError) in
            ask(try region.slotMemory(0, of: WordPair.self), try region.slotMemory(1, of: WordPair.self), run)
        },
        answer: { (region, run) throws(LayoutError) in
            answer(try region.slotMemory(0, of: WordPair.self), try region.slotMemory(1, of: WordPair.self), run)
        })

    // Inlined, so that the loops are specialised for the memory.

    @inline(__always)
    private static func produce<Memory: RingMemory>(_ memory: Memory, _ run: crb_run) -> UInt64
    where Memory.Entry: RingEntry {
        var ring = ProducerRing(memory: memory)
        return tokenRingProduceLoop(&ring, run)
    }

    @inline(__always)
    private static func consume<Memory: RingMemory>(_ memory: Memory, _ run: crb_run) -> crb_seen
    where Memory.Entry: RingEntry {
        var ring = ConsumerRing(memory: memory)
        return tokenRingConsumeLoop(&ring, run)
    }

    @inline(__always)
    private static func ask<Memory: RingMemory>(_ there: Memory, _ back: Memory, _ run: crb_run) -> crb_seen
    where Memory.Entry: RingEntry {
        var requests = ProducerRing(memory: there)
        var replies = ConsumerRing(memory: back)
        return tokenRingAskLoop(&requests, &replies, run)
    }

    @inline(__always)
    private static func answer<Memory: RingMemory>(_ there: Memory, _ back: Memory, _ run: crb_run) -> crb_seen
    where Memory.Entry: RingEntry {
        var requests = ConsumerRing(memory: there)
        var replies = ProducerRing(memory: back)
        return tokenRingAnswerLoop(&requests, &replies, run)
    }
}
