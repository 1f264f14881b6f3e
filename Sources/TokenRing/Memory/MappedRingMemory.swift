import CTokenRing
import Synchronization

/// A ring in mapped memory, published by its producer index: our own region, AF_XDP's rings and zcrx's refill ring alike.
///
/// Made from a `RingLayout` that was validated against the mapping, so no access through it can leave the mapping.
@frozen
public struct MappedRingMemory<Entry: BitwiseCopyable>: RingMemory {
    @usableFromInline let producer: SharedWord
    @usableFromInline let consumer: SharedWord
    @usableFromInline let producerFlags: SharedWord?
    @usableFromInline let consumerFlags: SharedWord?
    @usableFromInline let entries: UnsafeMutablePointer<Entry>
    @usableFromInline let mask: UInt32
    /// Keeps the memory mapped as long as a ring uses it.
    @usableFromInline let mapping: Mapping

    /// The ring at `layout` in `mapping`.
    ///
    /// - Throws: `LayoutError`, naming the field, if the layout does not describe a ring of `Entry` inside the mapping.
    public init(_ mapping: Mapping, layout: RingLayout, of _: Entry.Type = Entry.self) throws(LayoutError) {
        try layout.validate(
            mappingBytes: mapping.byteCount, entryBytes: MemoryLayout<Entry>.stride,
            entryAlignment: MemoryLayout<Entry>.alignment)
        let base = mapping.base
        producer = SharedWord(at: base + Int(layout.producer))
        consumer = SharedWord(at: base + Int(layout.consumer))
        producerFlags = layout.producerFlags.map { SharedWord(at: base + Int($0)) }
        consumerFlags = layout.consumerFlags.map { SharedWord(at: base + Int($0)) }
        entries = (base + Int(layout.entries)).assumingMemoryBound(to: Entry.self)
        mask = layout.capacity - 1
        self.mapping = mapping
    }

    /// Slots in the ring.
    @inlinable @inline(__always)
    public var capacity: UInt32 { mask &+ 1 }

    /// The shared word, or nil if this ring does not have it.
    @inlinable @inline(__always)
    public func sharedWord(_ word: RingWord) -> SharedWord? {
        switch word {
        case .producer: producer
        case .consumer: consumer
        case .producerFlags: producerFlags
        case .consumerFlags: consumerFlags
        }
    }

    /// Whether this ring has the word.
    @inlinable @inline(__always)
    public func has(_ word: RingWord) -> Bool { sharedWord(word) != nil }

    /// Reads a word with acquire ordering; 0 for a word that the ring does not have.
    @inlinable @inline(__always)
    public func loadAcquire(_ word: RingWord) -> UInt32 { sharedWord(word)?.loadAcquire() ?? 0 }

    /// Reads a word with no ordering; 0 for a word that the ring does not have.
    @inlinable @inline(__always)
    public func loadRelaxed(_ word: RingWord) -> UInt32 { sharedWord(word)?.loadRelaxed() ?? 0 }

    /// Writes a word with release ordering; nothing for a word that the ring does not have.
    @inlinable @inline(__always)
    public func storeRelease(_ value: UInt32, to word: RingWord) { sharedWord(word)?.storeRelease(value) }

    /// A sequentially consistent fence.
    @inlinable @inline(__always)
    public func fullFence() { atomicMemoryFence(ordering: .sequentiallyConsistent) }

    /// Copies the entry in the slot of `index`.
    @inlinable @inline(__always)
    public func loadEntry(at index: RingIndex) -> Entry { entries[Int(index.rawValue & mask)] }

    /// Writes the entry into the slot of `index`.
    @inlinable @inline(__always)
    public func storeEntry(_ entry: Entry, at index: RingIndex) { entries[Int(index.rawValue & mask)] = entry }

    /// Copies the entry in `slot`, which the caller keeps below `capacity`.
    @inlinable @inline(__always)
    public func loadEntry(inSlot slot: UInt32) -> Entry { entries[Int(slot)] }

    /// Writes the entry into `slot`, which the caller keeps below `capacity`. The round does not matter.
    @inlinable @inline(__always)
    public func storeEntry(_ entry: Entry, inSlot slot: UInt32, inRoundOf _: RingIndex) { entries[Int(slot)] = entry }

    /// Where the slot of `index` is.
    @inlinable @inline(__always)
    public func slot(of index: RingIndex) -> UnsafeMutablePointer<Entry> { entries + Int(index.rawValue & mask) }

    /// Fetches the line of the slot of `index` for writing.
    @inlinable @inline(__always)
    public func prefetchToWrite(at index: RingIndex) { ctr_prefetch_to_write(entries + Int(index.rawValue & mask)) }

    /// Fetches the line of the word for reading.
    @inlinable @inline(__always)
    public func prefetchToRead(_ word: RingWord) {
        if let word = sharedWord(word) { ctr_prefetch_to_read(word.address) }
    }

    /// Fetches the line of the slot of `index` for reading.
    @inlinable @inline(__always)
    public func prefetchToRead(at index: RingIndex) { ctr_prefetch_to_read(entries + Int(index.rawValue & mask)) }
}
