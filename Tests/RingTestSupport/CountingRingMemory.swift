import Synchronization
import TokenRing

/// What a ring did to its memory, counted.
public struct RingTraffic: Hashable, Sendable {
    /// Loads per shared word.
    public var loads: [RingWord: Int] = [:]
    /// Stores per shared word.
    public var stores: [RingWord: Int] = [:]
    /// Full fences.
    public var fences = 0
    /// Entries read.
    public var entriesRead = 0
    /// Entries written.
    public var entriesWritten = 0

    /// No traffic yet.
    public init() {}

    /// Times that a shared word was touched.
    public var wordTouches: Int { loads.values.reduce(0, +) + stores.values.reduce(0, +) }
}

/// Any ring memory, with every access through the seam counted.
public struct CountingRingMemory<Base: RingMemory>: RingMemory {
    private let base: Base
    private let counter = Counter()

    private final class Counter: Sendable {
        let traffic = Mutex(RingTraffic())
    }

    /// Counts the accesses to `base`.
    public init(_ base: Base) { self.base = base }

    /// What has been counted since the last call.
    public func takeTraffic() -> RingTraffic {
        counter.traffic.withLock { traffic in
            defer { traffic = RingTraffic() }
            return traffic
        }
    }

    private func count(_ change: (inout RingTraffic) -> Void) {
        counter.traffic.withLock { change(&$0) }
    }

    /// As the base has it.
    public var capacity: UInt32 { base.capacity }
    /// As the base has it.
    public func has(_ word: RingWord) -> Bool { base.has(word) }
    /// As the base has it.
    public func sharedWord(_ word: RingWord) -> SharedWord? { base.sharedWord(word) }

    /// Counted as a load of the word.
    public func loadAcquire(_ word: RingWord) -> UInt32 {
        count { $0.loads[word, default: 0] += 1 }
        return base.loadAcquire(word)
    }

    /// Counted as a load of the word.
    public func loadRelaxed(_ word: RingWord) -> UInt32 {
        count { $0.loads[word, default: 0] += 1 }
        return base.loadRelaxed(word)
    }

    /// Counted as a store of the word.
    public func storeRelease(_ value: UInt32, to word: RingWord) {
        count { $0.stores[word, default: 0] += 1 }
        base.storeRelease(value, to: word)
    }

    /// Counted as a store of the producer word, which is what it is or stands for.
    public func publish(from first: RingIndex, to end: RingIndex) {
        count { $0.stores[.producer, default: 0] += 1 }
        base.publish(from: first, to: end)
    }

    /// Counted as a load of the producer word, which is what it is or stands for.
    public func publishedEnd(after known: RingIndex, wanted: UInt32, limit: UInt32) -> RingIndex {
        count { $0.loads[.producer, default: 0] += 1 }
        return base.publishedEnd(after: known, wanted: wanted, limit: limit)
    }

    /// Counted as a fence.
    public func fullFence() {
        count { $0.fences += 1 }
        base.fullFence()
    }

    /// Counted as an entry read.
    public func loadEntry(at index: RingIndex) -> Base.Entry {
        count { $0.entriesRead += 1 }
        return base.loadEntry(at: index)
    }

    /// Counted as an entry written.
    public func storeEntry(_ entry: Base.Entry, at index: RingIndex) {
        count { $0.entriesWritten += 1 }
        base.storeEntry(entry, at: index)
    }
}
