/// The shared words of a ring. Each has one writer: its side.
@frozen
public enum RingWord: Sendable, CaseIterable {
    /// Index of the next entry that the producer will publish. Where entries are published in their slots it is a record,
    /// for sleepers, tools and a successor: no consumer takes entries by it.
    case producer
    /// Index of the next entry that the consumer will release.
    case consumer
    /// What the producer tells the consumer; bit 0: wake me after a release.
    case producerFlags
    /// What the consumer tells the producer; bit 0: wake me after a submit.
    case consumerFlags
}

/// The seam between the ring's algorithm and the memory it runs on.
///
/// `ProducerRing` and `ConsumerRing` touch shared memory through these operations and nothing else. `MappedRingMemory`
/// compiles to plain moves; a test may put an explorer of interleavings here and run the same algorithm.
public protocol RingMemory<Entry> {
    /// What a slot holds. Plain bits, because the other side may write anything at any time.
    associatedtype Entry: BitwiseCopyable

    /// Slots in the ring: a power of two.
    var capacity: UInt32 { get }

    /// Whether the ring has this flags word; zcrx's refill ring has none, AF_XDP's rings have only the consumer's.
    func has(_ word: RingWord) -> Bool

    /// The word as a place to sleep on, if this memory can be slept on.
    func sharedWord(_ word: RingWord) -> SharedWord?

    /// Reads a word; what the peer wrote before it stored this value is visible afterwards.
    func loadAcquire(_ word: RingWord) -> UInt32

    /// Reads a word with no ordering.
    func loadRelaxed(_ word: RingWord) -> UInt32

    /// Writes a word; what this side read and wrote before is done when the peer sees the value.
    func storeRelease(_ value: UInt32, to word: RingWord)

    /// Publishes the written entries from `first` up to `end`, at most a ring full: a consumer that finds them published
    /// sees what was written into them. Barrier B.
    func publish(from first: RingIndex, to end: RingIndex)

    /// Looks for entries published behind `known`: the index behind the last one found, `known` itself if there is none.
    /// What was written into them is visible afterwards. Barrier C.
    ///
    /// The ring checks the answer, which is what a peer claims. A memory that must look at each slot looks at `limit` of
    /// them at the most, and need not find more than `wanted`; one that has an index answers with that.
    func publishedEnd(after known: RingIndex, wanted: UInt32, limit: UInt32) -> RingIndex

    /// Orders everything before it against everything after it, stores against later loads too.
    func fullFence()

    /// Copies the entry in the slot of `index`.
    func loadEntry(at index: RingIndex) -> Entry

    /// Writes the entry into the slot of `index`.
    func storeEntry(_ entry: Entry, at index: RingIndex)

    /// Copies the entry in `slot`, which is less than `capacity`. Like `loadEntry(at:)` without the mask, which keeps a
    /// compiler from seeing that slots follow one another.
    func loadEntry(inSlot slot: UInt32) -> Entry

    /// Writes the entry into `slot`, which is less than `capacity`, in the round that `index` is of: the slot is that of an
    /// index with the same quotient by `capacity`.
    func storeEntry(_ entry: Entry, inSlot slot: UInt32, inRoundOf index: RingIndex)

    /// Hints that the slot of `index` will be written soon; changes nothing.
    func prefetchToWrite(at index: RingIndex)

    /// Hints that the slot of `index` will be read soon; changes nothing.
    func prefetchToRead(at index: RingIndex)

    /// Hints that the word will be read soon; changes nothing.
    func prefetchToRead(_ word: RingWord)
}

extension RingMemory {
    /// No hint.
    @inlinable @inline(__always)
    public func prefetchToWrite(at index: RingIndex) {}

    /// No hint.
    @inlinable @inline(__always)
    public func prefetchToRead(at index: RingIndex) {}

    /// No hint.
    @inlinable @inline(__always)
    public func prefetchToRead(_ word: RingWord) {}

    /// Copies the entry in `slot`, by way of the index that has the slot's number.
    @inlinable @inline(__always)
    public func loadEntry(inSlot slot: UInt32) -> Entry { loadEntry(at: RingIndex(slot)) }

    /// Writes the entry into `slot`, by way of the slot's index in that round.
    @inlinable @inline(__always)
    public func storeEntry(_ entry: Entry, inSlot slot: UInt32, inRoundOf index: RingIndex) {
        storeEntry(entry, at: RingIndex(index.rawValue & ~(capacity &- 1) | slot))
    }

    /// Publication by the producer index: B, pairs with C in `publishedEnd(after:wanted:limit:)`. Without it the index may
    /// be seen before the entries that it publishes.
    @inlinable @inline(__always)
    public func publish(from first: RingIndex, to end: RingIndex) { storeRelease(end.rawValue, to: .producer) }

    /// Publication by the producer index: C, pairs with B in `publish(from:to:)`. Without it an entry may be read before
    /// the index that publishes it.
    @inlinable @inline(__always)
    public func publishedEnd(after known: RingIndex, wanted: UInt32, limit: UInt32) -> RingIndex {
        RingIndex(loadAcquire(.producer))
    }

    /// Whether a batch is walked in runs of slots that do not wrap, instead of index by index. A constant after
    /// specialisation: entries that fit a register become vector code that way (half the time per entry at 8 bytes);
    /// larger ones would be shuffled between vectors, which costs more than masking each index.
    @inlinable @inline(__always)
    static var walksSlots: Bool { MemoryLayout<Entry>.stride <= 8 }

    /// Entries in 64 bytes, at least one.
    @inlinable @inline(__always)
    static var entriesPerLine: UInt32 { max(1, 64 / UInt32(MemoryLayout<Entry>.stride)) }
}

/// `TOKEN_RING_NEED_WAKEUP`, the same bit as `XDP_RING_NEED_WAKEUP`.
@usableFromInline enum RingFlag {
    @inlinable static var needWakeup: UInt32 { 1 }
}
