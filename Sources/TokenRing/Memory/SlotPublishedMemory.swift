/// A ring in mapped memory whose entries are published in their slots, by a phase bit in each, instead of by the producer
/// index: `TOKEN_RING_FEATURE_PHASE`, and the way of NVMe's completion queues and virtio's packed rings.
///
/// The entry of index i is published when its phase bit is 1 in rounds 0, 2, 4 ... of the ring and 0 in the others, the
/// round being i / capacity. Zeroed memory is therefore empty for a ring that starts at index 0; for another start call
/// `unpublishAll(from:)` first. 2^32 is a whole, even number of rounds, so the rule holds over the wrap of the index.
///
/// The producer index is stored too, behind the phases. It is a record for whoever sleeps on it, looks at the ring from
/// outside or takes up a dead producer's role; a consumer never takes entries by it. The consumer's index is a shared word
/// as in every ring, for the producer must know what is free.
///
/// Generic over the memory below for the sake of explorers; in mapped memory it is `SlotPublishedMemory`.
@frozen
public struct SlotPublication<Base: PhasedRingMemory>: RingMemory where Base.Entry: PhasedEntry {
    /// What a slot holds.
    public typealias Entry = Base.Entry

    @usableFromInline let base: Base

    /// The ring in `base`.
    public init(over base: Base) { self.base = base }

    /// Makes a ring that starts at `start` empty: no slot shows the phase of the index that will be written there next.
    /// Overwrites every entry's phase word. At set-up only, before anybody holds an end of the ring.
    public func unpublishAll(from start: RingIndex) {
        for offset in 0..<capacity {
            let index = start &+ offset
            base.storePhaseRelease(unpublishedPhase(of: index), inSlot: slot(of: index))
        }
    }

    /// Slots in the ring.
    @inlinable @inline(__always)
    public var capacity: UInt32 { base.capacity }

    /// Whether this ring has the word.
    @inlinable @inline(__always)
    public func has(_ word: RingWord) -> Bool { base.has(word) }

    /// The shared word, or nil if this ring does not have it.
    @inlinable @inline(__always)
    public func sharedWord(_ word: RingWord) -> SharedWord? { base.sharedWord(word) }

    /// Reads a word with acquire ordering; 0 for a word that the ring does not have.
    @inlinable @inline(__always)
    public func loadAcquire(_ word: RingWord) -> UInt32 { base.loadAcquire(word) }

    /// Reads a word with no ordering; 0 for a word that the ring does not have.
    @inlinable @inline(__always)
    public func loadRelaxed(_ word: RingWord) -> UInt32 { base.loadRelaxed(word) }

    /// Writes a word with release ordering; nothing for a word that the ring does not have.
    @inlinable @inline(__always)
    public func storeRelease(_ value: UInt32, to word: RingWord) { base.storeRelease(value, to: word) }

    /// A sequentially consistent fence.
    @inlinable @inline(__always)
    public func fullFence() { base.fullFence() }

    /// Publishes each entry from `first` up to `end` in its slot, in order, and records `end`.
    @inlinable @inline(__always)
    public func publish(from first: RingIndex, to end: RingIndex) {
        var index = first
        while index != end {
            let slot = slot(of: index)
            let word = base.loadPhaseRelaxed(inSlot: slot) & ~Phase.bit | publishedPhase(of: index)
            // B: pairs with C in publishedEnd(after:wanted:limit:). Without it the phase may be seen before the entry.
            base.storePhaseRelease(word, inSlot: slot)
            index = index &+ 1
        }
        // Behind the phases: a sleeper that finds the word unchanged has not missed an entry that is announced by it.
        base.storeRelease(end.rawValue, to: .producer)
    }

    /// Walks the slots behind `known` up to the first that is not published, and no further than `limit`.
    @inlinable @inline(__always)
    public func publishedEnd(after known: RingIndex, wanted: UInt32, limit: UInt32) -> RingIndex {
        let end = known &+ min(wanted, limit)
        var index = known
        while index != end {
            // C: pairs with B in publish(from:to:). Without it the entry may be read before the phase that publishes it.
            let word = base.loadPhaseAcquire(inSlot: slot(of: index))
            guard word & Phase.bit == publishedPhase(of: index) else { break }
            index = index &+ 1
        }
        return index
    }

    /// Copies the entry in the slot of `index`, its phase bit cleared.
    @inlinable @inline(__always)
    public func loadEntry(at index: RingIndex) -> Entry { withoutPhase(base.loadEntry(at: index)) }

    /// Copies the entry in `slot`, which the caller keeps below `capacity`, its phase bit cleared.
    @inlinable @inline(__always)
    public func loadEntry(inSlot slot: UInt32) -> Entry { withoutPhase(base.loadEntry(inSlot: slot)) }

    /// Writes the entry into the slot of `index` with the phase of the round before: it is not published.
    @inlinable @inline(__always)
    public func storeEntry(_ entry: Entry, at index: RingIndex) {
        storeEntry(entry, inSlot: slot(of: index), inRoundOf: index)
    }

    /// Writes the entry into `slot`, which the caller keeps below `capacity`, with the phase of the round before.
    @inlinable @inline(__always)
    public func storeEntry(_ entry: Entry, inSlot slot: UInt32, inRoundOf index: RingIndex) {
        base.storeEntry(entry, inSlot: slot, phase: unpublishedPhase(of: index))
    }

    /// Fetches the line of the slot of `index` for writing.
    @inlinable @inline(__always)
    public func prefetchToWrite(at index: RingIndex) { base.prefetchToWrite(at: index) }

    /// Fetches the line of the slot of `index` for reading.
    @inlinable @inline(__always)
    public func prefetchToRead(at index: RingIndex) { base.prefetchToRead(at: index) }

    @inlinable @inline(__always)
    func slot(of index: RingIndex) -> UInt32 { index.rawValue & (base.capacity &- 1) }

    /// The phase bit that publishes the entry of `index`: capacity is a power of two, so its bit in the index is the
    /// parity of the round.
    @inlinable @inline(__always)
    func publishedPhase(of index: RingIndex) -> UInt32 { index.rawValue & capacity == 0 ? Phase.bit : 0 }

    /// The phase bit of the round before, or of the round after: the other one.
    @inlinable @inline(__always)
    func unpublishedPhase(of index: RingIndex) -> UInt32 { publishedPhase(of: index) ^ Phase.bit }

    @inlinable @inline(__always)
    func withoutPhase(_ entry: Entry) -> Entry {
        var entry = entry
        withUnsafeMutablePointer(to: &entry) { entry in
            let word = (UnsafeMutableRawPointer(entry) + Entry.phaseWordOffset).assumingMemoryBound(to: UInt32.self)
            word.pointee &= ~Phase.bit
        }
        return entry
    }
}

/// `SlotPublication` in mapped memory.
public typealias SlotPublishedMemory<Entry: PhasedEntry & BitwiseCopyable> = SlotPublication<MappedRingMemory<Entry>>

extension SlotPublication {
    /// The ring at `layout` in `mapping`.
    ///
    /// Traps if the entry's type says that its phase word is somewhere else than in an aligned word of the entry.
    ///
    /// - Throws: `LayoutError`, naming the field, if the layout does not describe a ring of `Entry` inside the mapping.
    public init<Slot: PhasedEntry & BitwiseCopyable>(
        _ mapping: Mapping, layout: RingLayout, of _: Slot.Type = Slot.self
    ) throws(LayoutError) where Base == MappedRingMemory<Slot> {
        let offset = Slot.phaseWordOffset
        precondition(
            offset >= 0 && offset % 4 == 0 && offset + 4 <= MemoryLayout<Slot>.size
                && MemoryLayout<Slot>.alignment >= 4,
            "the phase word of an entry must be an aligned word of it")
        self.init(over: try MappedRingMemory(mapping, layout: layout))
    }
}
