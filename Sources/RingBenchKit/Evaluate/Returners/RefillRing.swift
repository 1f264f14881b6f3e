import RingKernelModel
import TokenRing

/// io_uring zcrx's refill ring: the buffer's byte offset in area 0.
extension RefillEntry: ReturnEntry {
    @inline(__always)
    init(returning frag: ReceivedFrag) { self.init(offset: frag.offset) }
}

extension RingEnds where Ring == ProducerRing<MappedRingMemory<RefillEntry>> {
    /// The ends of the refill rings of `ringSets`.
    convenience init(refilling ringSets: [RingSet], areShared: Bool) throws {
        try self.init(ringSets.count, areShared: areShared) { number in
            guard let ring = ringSets[number].refillRing else {
                throw Failure(.usage, "ring set \(number) has no refill ring")
            }
            return try ring.takeProducer()
        }
    }
}
