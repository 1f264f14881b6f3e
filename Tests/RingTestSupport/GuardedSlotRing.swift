import TokenRing

/// A ring of `UInt64` published in its slots, in guarded memory, with both roles, all words and all phases at hand.
public struct GuardedSlotRing: Sendable {
    /// Where its parts lie.
    public let layout: RingLayout
    private let mapping: Mapping

    /// A ring of `capacity` entries, both indices at `start`; every slot holds `rubbish` before it is made empty.
    public init(capacity: UInt32, start: UInt32 = 0, rubbish: UInt64 = 0) throws {
        let entries: UInt64 = 512
        layout = RingLayout(
            producer: 0, consumer: 128, producerFlags: 256, consumerFlags: 384, entries: entries, entryStride: 8,
            capacity: capacity)
        mapping = try GuardedMemory(byteCount: Int(entries) + Int(capacity) * 8).mapping
        for slot in 0..<capacity { setSlot(slot, rubbish) }
        // Zeroed memory is empty at index 0 as it is.
        if start != 0 || rubbish != 0 { try ringMemory().unpublishAll(from: RingIndex(start)) }
        word(.producer).storeRelease(start)
        word(.consumer).storeRelease(start)
    }

    /// One of the shared words, to look at or to lie with.
    public func word(_ word: RingWord) -> SharedWord { mapping.word(word, of: layout) }

    /// Writes a slot, its phase included, like a hostile peer.
    public func setSlot(_ number: UInt32, _ value: UInt64) {
        mapping.base.storeBytes(of: value, toByteOffset: offset(number), as: UInt64.self)
    }

    /// Turns the phase of a slot around, like a hostile peer.
    public func flipPhase(_ number: UInt32) {
        let word = SharedWord(at: mapping.base + offset(number) + UInt64.phaseWordOffset)
        word.storeRelease(word.loadRelaxed() ^ 1 << 31)
    }

    /// The ring's memory as the ring uses it.
    public func ringMemory() throws(LayoutError) -> SlotPublishedMemory<UInt64> {
        try SlotPublishedMemory(mapping, layout: layout)
    }

    /// The producer's end.
    public func producer() throws(LayoutError) -> ProducerRing<SlotPublishedMemory<UInt64>> {
        ProducerRing(memory: try ringMemory())
    }

    /// The consumer's end.
    public func consumer() throws(LayoutError) -> ConsumerRing<SlotPublishedMemory<UInt64>> {
        ConsumerRing(memory: try ringMemory())
    }

    private func offset(_ slot: UInt32) -> Int { Int(layout.entries) + Int(slot) * 8 }
}
