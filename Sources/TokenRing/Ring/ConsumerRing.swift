/// The consumer's side of a ring: `peek`, read the entries, `release`.
///
/// One thread of one process may hold it (single consumer); it cannot be copied. Every operation is wait-free, O(1)
/// without the entries, allocates nothing and calls nothing. Barriers carry the letters of design/protocol.md.
@frozen
public struct ConsumerRing<Memory: RingMemory>: ~Copyable {
    @usableFromInline let memory: Memory
    /// Slots in the ring.
    public let capacity: UInt32
    /// Next entry to peek.
    @usableFromInline var peeked: RingIndex
    /// Next entry to release; what the shared word holds, never read back from there (R2).
    @usableFromInline var released: RingIndex
    /// The end of the published entries as last seen.
    @usableFromInline var availableEnd: RingIndex
    /// What this side has seen.
    @inlinable
    public var statistics: RingStatistics { seen }
    @usableFromInline var seen = RingStatistics()

    /// Takes up the consumer's side where the shared word stands. The caller vouches that there is no other consumer.
    @inlinable
    public init(memory: Memory) {
        self.memory = memory
        capacity = memory.capacity
        let consumer = RingIndex(memory.loadRelaxed(.consumer))
        peeked = consumer
        released = consumer
        availableEnd = consumer
    }

    /// Hands out the entries that are there, `count` at the most; an empty batch if there are none.
    ///
    /// The producer's side is looked at only when no entry is known to be there, so fewer than `count` may come although
    /// more have been submitted.
    @inlinable @inline(__always)
    public mutating func peek(upTo count: UInt32) -> RingBatch {
        var available = availableEnd.distance(from: peeked)
        if available == 0 {
            available = refreshAvailable(wanted: count)
            guard available > 0 else { return RingBatch(first: peeked, count: 0) }
        }
        let batch = RingBatch(first: peeked, count: min(available, count))
        peeked = peeked &+ batch.count
        return batch
    }

    /// Fetches the cache lines of a peeked batch, for who has other work to do before it reads them.
    @inlinable @inline(__always)
    public func fetch(_ batch: RingBatch) {
        var offset: UInt32 = 0
        while offset < batch.count {
            memory.prefetchToRead(at: batch[offset])
            offset &+= Memory.entriesPerLine
        }
    }

    /// Fetches what the next `peek` reads and the entry after those peeked, for who will look soon and has other work before.
    @inlinable @inline(__always)
    public func fetchNext() {
        memory.prefetchToRead(.producer)
        memory.prefetchToRead(at: peeked)
    }

    /// Copies a peeked entry. Check the copy, never the slot: a hostile producer may write the slot again (R1).
    @inlinable @inline(__always)
    public func read(at index: RingIndex) -> Memory.Entry {
        memory.loadEntry(at: index)
    }

    /// Copies all entries of a peeked batch, one after the other, in order.
    @inlinable @inline(__always)
    public func read(_ batch: RingBatch, _ body: (Memory.Entry) -> Void) {
        guard Memory.walksSlots else {
            var offset: UInt32 = 0
            while offset != batch.count {
                body(memory.loadEntry(at: batch[offset]))
                offset &+= 1
            }
            return
        }
        fetchLines(batch.count)
        let start = batch.first.rawValue & (capacity &- 1)
        let unwrapped = min(batch.count, capacity &- start)
        var offset: UInt32 = 0
        while offset < unwrapped {
            body(memory.loadEntry(inSlot: start &+ offset))
            offset &+= 1
        }
        while offset < batch.count {
            body(memory.loadEntry(inSlot: offset &- unwrapped))
            offset &+= 1
        }
    }

    /// Peeks, copies and releases up to `count` entries in one go.
    ///
    /// - Returns: how many there were; 0 if the ring was empty.
    @inlinable @inline(__always)
    public mutating func consume(upTo count: UInt32, _ body: (Memory.Entry) -> Void) -> UInt32 {
        let batch = peek(upTo: count)
        if batch.isEmpty { return 0 }
        read(batch, body)
        release(batch.count)
        return batch.count
    }

    /// Hands the oldest `count` peeked slots back to the producer; at most what is peeked.
    @inlinable @inline(__always)
    public mutating func release(_ count: UInt32) {
        // A branch that is foretold, not a minimum: mostly all is released, and then the index is in a register.
        released = _fastPath(count >= peeked.distance(from: released)) ? peeked : released &+ count
        // D: pairs with A in ProducerRing.reserve(). Without it a slot may be overwritten while it is being read.
        memory.storeRelease(released.rawValue, to: .consumer)
    }

    /// Leaves the newest `count` peeked entries in the ring for the next `peek`; at most what is peeked.
    @inlinable @inline(__always)
    public mutating func cancel(_ count: UInt32) {
        peeked = peeked &- min(count, peeked.distance(from: released))
    }

    /// Whether the producer found the ring full and asks to be woken. Ask after `release`.
    ///
    /// Costs a full fence. False for a ring without a producer's flags word.
    @inlinable @inline(__always)
    public func needsWakeup() -> Bool {
        guard memory.has(.producerFlags) else { return false }
        // E: pairs with F in ProducerRing.prepareToSleep(). Without it the flag may be read before the index is stored.
        memory.fullFence()
        return memory.loadRelaxed(.producerFlags) & RingFlag.needWakeup != 0
    }

    /// Entries known to be there; refreshed from the producer's side only by `peek`.
    @inlinable
    public var knownAvailable: UInt32 { availableEnd.distance(from: peeked) }

    /// Fetches the cache lines of the next `count` entries, while the batch before them is being read. Entries that are
    /// not known to be there are left to the producer; batches of less than a line are not worth it. Only where slots are
    /// walked: for larger entries it gained nothing.
    @inlinable @inline(__always)
    func fetchLines(_ count: UInt32) {
        guard count >= Memory.entriesPerLine, knownAvailable >= count else { return }
        fetch(RingBatch(first: peeked, count: count))
    }

    @inlinable @inline(__always)
    mutating func refreshAvailable(wanted: UInt32) -> UInt32 {
        // The producer can only move on from where it was seen, up to one ring behind the last release. One that went
        // back below what is peeked would make `available` wrap to almost 2^32 (R4).
        let mostNew = (released &+ capacity).distance(from: availableEnd)
        // C: pairs with B in ProducerRing.submit(). Without it an entry may be read before it was written.
        let producer = memory.publishedEnd(after: availableEnd, wanted: wanted, limit: mostNew)
        guard producer.distance(from: availableEnd) <= mostNew else { return clampAvailable() }
        availableEnd = producer
        let available = producer.distance(from: peeked)
        if available == 0 { seen.starved &+= 1 }
        return available
    }

    /// The producer claims more than the ring holds: take one ring full and count it (R3, R4).
    ///
    /// Inlined although it is cold: a call would take the ring's address, and its indices would live in memory.
    @inlinable @inline(__always)
    mutating func clampAvailable() -> UInt32 {
        seen.indexViolations &+= 1
        availableEnd = released &+ capacity
        return availableEnd.distance(from: peeked)
    }
}

extension ConsumerRing {
    /// Says that the ring was found empty and the consumer is about to sleep, and looks once more.
    ///
    /// True: nothing is there, sleep. False: entries came, the flag is taken back. False always when the ring has no
    /// consumer's flags word: nobody would wake us.
    @inlinable
    public mutating func prepareToSleep() -> Bool {
        guard memory.has(.consumerFlags) else { return false }
        memory.storeRelease(RingFlag.needWakeup, to: .consumerFlags)
        // F: pairs with E in ProducerRing.needsWakeup(). Without it both sides may miss each other's store: the producer
        // reads the flag before it is set, and we read the index before it moves.
        memory.fullFence()
        var available = availableEnd.distance(from: peeked)
        if available == 0 { available = refreshAvailable(wanted: capacity) }
        guard available == 0 else {
            finishSleep()
            return false
        }
        return true
    }

    /// Takes the request to be woken back.
    @inlinable
    public func finishSleep() {
        memory.storeRelease(0, to: .consumerFlags)
    }
}

extension ConsumerRing {
    /// All that decides what this end does next, for an explorer of interleavings.
    package var state: [UInt64] {
        [peeked, released, availableEnd].map { UInt64($0.rawValue) } + [seen.indexViolations]
    }
}
