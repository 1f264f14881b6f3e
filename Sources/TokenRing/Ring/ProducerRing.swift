/// The producer's side of a ring: `reserve`, write the entries, `submit`.
///
/// One thread of one process may hold it (single producer); it cannot be copied. Every operation is wait-free, O(1)
/// without the entries, allocates nothing and calls nothing. Barriers carry the letters of design/protocol.md.
@frozen
public struct ProducerRing<Memory: RingMemory>: ~Copyable {
    @usableFromInline let memory: Memory
    /// Slots in the ring.
    public let capacity: UInt32
    /// Next entry to reserve.
    @usableFromInline var reserved: RingIndex
    /// Next entry to publish, never read back from shared memory (R2).
    @usableFromInline var published: RingIndex
    /// The consumer index as last seen, plus capacity: the end of the free slots.
    @usableFromInline var freeEnd: RingIndex
    /// What this side has seen.
    @inlinable
    public var statistics: RingStatistics { seen }
    @usableFromInline var seen = RingStatistics()

    /// Takes up the producer's side where the shared word stands. The caller vouches that there is no other producer.
    @inlinable
    public init(memory: Memory) {
        self.memory = memory
        capacity = memory.capacity
        // A predecessor that published in slots may have died before it recorded how far.
        let recorded = RingIndex(memory.loadRelaxed(.producer))
        let producer = memory.publishedEnd(after: recorded, wanted: capacity, limit: capacity)
        reserved = producer
        published = producer
        // No free slot until the first refresh has checked the consumer index.
        freeEnd = producer
    }

    /// Reserves exactly `count` slots, or none: the batch holds `count` entries or is empty.
    ///
    /// When it comes back empty the ring is full: wake the consumer if it asks for it, a full ring does not empty itself.
    @inlinable @inline(__always)
    public mutating func reserve(_ count: UInt32) -> RingBatch {
        let granted = freeSlots(wanted: count) >= count ? count : 0
        return take(granted)
    }

    /// Reserves as many slots as are free, `count` at the most.
    @inlinable @inline(__always)
    public mutating func reserve(upTo count: UInt32) -> RingBatch {
        take(min(freeSlots(wanted: count), count))
    }

    /// Fetches the cache lines of a reserved batch for writing, for who has other work to do before it writes them: the consumer
    /// has them since it read them.
    @inlinable @inline(__always)
    public func claim(_ batch: RingBatch) {
        var offset: UInt32 = 0
        while offset < batch.count {
            memory.prefetchToWrite(at: batch[offset])
            offset &+= Memory.entriesPerLine
        }
    }

    /// Writes a reserved slot. The consumer does not see it before `submit`.
    @inlinable @inline(__always)
    public func write(_ entry: Memory.Entry, at index: RingIndex) {
        memory.storeEntry(entry, at: index)
    }

    /// Writes all slots of a reserved batch: `entry` makes the entry for each offset, in order.
    @inlinable @inline(__always)
    public func write(_ batch: RingBatch, with entry: (_ offset: UInt32) -> Memory.Entry) {
        claimNext(batch.count)
        guard Memory.walksSlots else {
            var index = batch.first.rawValue
            let end = index &+ batch.count
            let first = index
            while index != end {
                memory.storeEntry(entry(index &- first), at: RingIndex(index))
                index &+= 1
            }
            return
        }
        let start = batch.first.rawValue & (capacity &- 1)
        let unwrapped = min(batch.count, capacity &- start)
        var offset: UInt32 = 0
        while offset < unwrapped {
            memory.storeEntry(entry(offset), inSlot: start &+ offset, inRoundOf: batch.first)
            offset &+= 1
        }
        while offset < batch.count {
            memory.storeEntry(
                entry(offset), inSlot: offset &- unwrapped, inRoundOf: batch.first &+ unwrapped)
            offset &+= 1
        }
    }

    /// Publishes the oldest `count` reserved entries; at most what is reserved.
    @inlinable @inline(__always)
    public mutating func submit(_ count: UInt32) {
        // A branch that is foretold, not a minimum: mostly all is submitted, and then the index is in a register.
        let end = _fastPath(count >= reserved.distance(from: published)) ? reserved : published &+ count
        // B: pairs with C in ConsumerRing.peek(). Without it entries may be found published before they were written.
        let first = published
        published = end
        memory.publish(from: first, to: end)
    }

    /// Gives back the newest `count` reserved slots that were not submitted; at most what is reserved.
    @inlinable @inline(__always)
    public mutating func cancel(_ count: UInt32) {
        if _fastPath(count == 0) { return }
        reserved = reserved &- min(count, reserved.distance(from: published))
    }

    /// Whether the consumer asks to be woken. Ask after `submit`, and also when `reserve` came back empty.
    ///
    /// Costs a full fence. False for a ring without a consumer's flags word.
    @inlinable @inline(__always)
    public func needsWakeup() -> Bool {
        guard memory.has(.consumerFlags) else { return false }
        // E: pairs with F in ConsumerRing.prepareToSleep(). Without it the flag may be read before the index is stored:
        // the consumer then finds nothing, sleeps, and nobody wakes it.
        memory.fullFence()
        return memory.loadRelaxed(.consumerFlags) & RingFlag.needWakeup != 0
    }

    /// Whether the consumer's request to be woken is set, without a fence: one that is being made may be missed.
    ///
    /// For who asks again before it sleeps, and for consumers that do not look again after they set the flag, so that a fence
    /// here alone would order nothing: AF_XDP's drivers (`xsk_set_rx_need_wakeup`). False without a consumer's flags word.
    @inlinable @inline(__always)
    public func asksForWakeup() -> Bool {
        memory.has(.consumerFlags) && memory.loadRelaxed(.consumerFlags) & RingFlag.needWakeup != 0
    }

    /// Slots known to be free; refreshed from the consumer index only by `reserve`.
    @inlinable
    public var knownFree: UInt32 { freeEnd.distance(from: reserved) }

    /// Fetches the cache lines of the next `count` slots for writing, for who will reserve them soon and has other work before: the
    /// consumer has them since it read them. Slots that are not known to be free are left to it; batches of less than a line are
    /// not worth it.
    @inlinable @inline(__always)
    public func claimNext(_ count: UInt32) {
        guard count >= Memory.entriesPerLine, knownFree >= count else { return }
        claim(RingBatch(first: reserved, count: count))
    }

    @inlinable @inline(__always)
    mutating func take(_ count: UInt32) -> RingBatch {
        let batch = RingBatch(first: reserved, count: count)
        reserved = reserved &+ count
        return batch
    }

    @inlinable @inline(__always)
    mutating func freeSlots(wanted: UInt32) -> UInt32 {
        let known = freeEnd.distance(from: reserved)
        return known >= wanted ? known : refreshFree(wanted: wanted)
    }

    @inlinable @inline(__always)
    mutating func refreshFree(wanted: UInt32) -> UInt32 {
        // A: pairs with D in ConsumerRing.release(). Without it a slot may be overwritten before it was read.
        let consumer = RingIndex(memory.loadAcquire(.consumer))
        // The consumer can only move on from where it was seen, up to what is published. One that went back below that
        // would free more slots than the ring has once slots are reserved (R5).
        let lastSeen = freeEnd &- capacity
        guard consumer.distance(from: lastSeen) <= published.distance(from: lastSeen) else {
            seen.indexViolations &+= 1
            return 0
        }
        freeEnd = consumer &+ capacity
        let free = freeEnd.distance(from: reserved)
        if free < wanted { seen.starved &+= 1 }
        return free
    }
}

extension ProducerRing {
    /// Says that the ring was found full and the producer is about to sleep, and looks once more.
    ///
    /// True: nothing is free, sleep. False: there is room again, the flag is taken back. False always when the ring has
    /// no producer's flags word: nobody would wake us.
    @inlinable
    public mutating func prepareToSleep() -> Bool {
        guard memory.has(.producerFlags) else { return false }
        memory.storeRelease(RingFlag.needWakeup, to: .producerFlags)
        // F: pairs with E in ConsumerRing.needsWakeup(). Without it both sides may miss each other's store.
        memory.fullFence()
        guard freeSlots(wanted: 1) == 0 else {
            finishSleep()
            return false
        }
        return true
    }

    /// Takes the request to be woken back.
    @inlinable
    public func finishSleep() {
        memory.storeRelease(0, to: .producerFlags)
    }
}

extension ProducerRing {
    /// All that decides what this end does next, for an explorer of interleavings.
    package var state: [UInt64] {
        [reserved, published, freeEnd].map { UInt64($0.rawValue) } + [seen.indexViolations]
    }
}
