// One function for each operation that touches shared words, as scripts/proof/orderings.py compiles it into the module
// TokenRing: it knows what memory orders and barriers must come out. Not a target.

/// A.
@inline(never) public func probeIndexReserve(_ ring: inout ProducerRing<MappedRingMemory<UInt64>>) -> UInt32 {
    ring.reserve(upTo: 4).count
}

/// B.
@inline(never) public func probeIndexSubmit(_ ring: inout ProducerRing<MappedRingMemory<UInt64>>) { ring.submit(4) }

/// C.
@inline(never) public func probeIndexPeek(_ ring: inout ConsumerRing<MappedRingMemory<UInt64>>) -> UInt32 {
    ring.peek(upTo: 4).count
}

/// D.
@inline(never) public func probeIndexRelease(_ ring: inout ConsumerRing<MappedRingMemory<UInt64>>) { ring.release(4) }

/// E.
@inline(never) public func probeIndexProducerNeedsWakeup(
    _ ring: borrowing ProducerRing<MappedRingMemory<UInt64>>
) -> Bool { ring.needsWakeup() }

/// E.
@inline(never) public func probeIndexConsumerNeedsWakeup(
    _ ring: borrowing ConsumerRing<MappedRingMemory<UInt64>>
) -> Bool { ring.needsWakeup() }

/// F.
@inline(never) public func probeIndexConsumerPrepareToSleep(
    _ ring: inout ConsumerRing<MappedRingMemory<UInt64>>
) -> Bool { ring.prepareToSleep() }

/// F.
@inline(never) public func probeIndexProducerPrepareToSleep(
    _ ring: inout ProducerRing<MappedRingMemory<UInt64>>
) -> Bool { ring.prepareToSleep() }

/// An entry that is not published yet.
@inline(never) public func probeSlotWrite(
    _ ring: borrowing ProducerRing<SlotPublishedMemory<UInt64>>, _ entry: UInt64, _ index: RingIndex
) { ring.write(entry, at: index) }

/// B.
@inline(never) public func probeSlotSubmit(_ ring: inout ProducerRing<SlotPublishedMemory<UInt64>>) { ring.submit(4) }

/// C.
@inline(never) public func probeSlotPeek(_ ring: inout ConsumerRing<SlotPublishedMemory<UInt64>>) -> UInt32 {
    ring.peek(upTo: 4).count
}
