/// Ring memory whose slots hold entries and nothing else, side by side.
public protocol PlainSlots: RingMemory {
    /// Where the slot of `index` is.
    func slot(of index: RingIndex) -> UnsafeMutablePointer<Entry>
}

extension MappedRingMemory: PlainSlots {}

extension ConsumerRing where Memory: PlainSlots {
    /// Peeks like `peek(upTo:)`, and never past the end of the ring's memory: the entries lie side by side. What is behind comes
    /// with the next peek.
    @inlinable @inline(__always)
    public mutating func peekInPlace(upTo count: UInt32) -> RingBatch {
        let batch = peek(upTo: count)
        let unwrapped = batch.unwrapped(in: capacity)
        if _slowPath(unwrapped < batch.count) { cancel(batch.count &- unwrapped) }
        return RingBatch(first: batch.first, count: unwrapped)
    }

    /// The entries of a batch of `peekInPlace`, where the producer wrote them; until they are released. Only for a producer that
    /// is trusted, as the kernel is: any other may still change what was checked (R1).
    @inlinable @inline(__always)
    public func entries(of batch: RingBatch) -> UnsafeBufferPointer<Memory.Entry> {
        UnsafeBufferPointer(start: memory.slot(of: batch.first), count: Int(batch.count))
    }
}

extension ProducerRing where Memory: PlainSlots {
    /// Reserves like `reserve(upTo:)`, and never past the end of the ring's memory: the slots lie side by side. What is behind
    /// comes with the next reserve.
    @inlinable @inline(__always)
    public mutating func reserveInPlace(upTo count: UInt32) -> RingBatch {
        let batch = reserve(upTo: count)
        let unwrapped = batch.unwrapped(in: capacity)
        if _slowPath(unwrapped < batch.count) { cancel(batch.count &- unwrapped) }
        return RingBatch(first: batch.first, count: unwrapped)
    }

    /// The slots of a batch of `reserveInPlace`, to be written before they are submitted.
    @inlinable @inline(__always)
    public func slots(of batch: RingBatch) -> UnsafeMutableBufferPointer<Memory.Entry> {
        UnsafeMutableBufferPointer(start: memory.slot(of: batch.first), count: Int(batch.count))
    }
}

extension RingBatch {
    /// How many entries there are before the end of a ring's memory.
    @inlinable @inline(__always)
    func unwrapped(in capacity: UInt32) -> UInt32 { min(count, capacity &- first.rawValue & (capacity &- 1)) }
}
