import TokenRing

extension ConsumerRing where Memory == SocketRingMemory<XDPDescriptor> {
    /// Peeks like `peek(upTo:)`, and never at part of a packet: what a batch would cut off stays in the ring.
    ///
    /// On a socket made with `multiBuffer` a packet is one descriptor or several, all but its last with
    /// `XDPDescriptor.continues`. The kernel writes whole packets, so only the limit can cut one. A packet longer than `count`
    /// comes on its own; the batch is then longer than asked.
    ///
    /// - Returns: descriptors of whole packets, or an empty batch.
    @inlinable
    public mutating func peekWholePackets(upTo count: UInt32) -> RingBatch {
        let batch = peek(upTo: count)
        var whole = batch.count
        while whole > 0, read(at: batch[whole &- 1]).continues { whole &-= 1 }
        cancel(batch.count &- whole)
        if whole > 0 || batch.isEmpty || count >= capacity { return RingBatch(first: batch.first, count: whole) }
        return peekWholePackets(upTo: count < capacity / 2 ? count &* 2 : capacity)
    }
}
