import RingKernelModel
import TokenRing

/// netgpu's fill queue: the buffer's byte offset, as in AF_XDP's FILL ring.
extension UMEMAddress: ReturnEntry {
    @inline(__always)
    init(returning frag: ReceivedFrag) { self = frag.offset }
}

extension RingEnds where Ring == ProducerRing<MappedRingMemory<UMEMAddress>> {
    /// The ends of the fill queues of `ringSets`.
    convenience init(filling ringSets: [RingSet], areShared: Bool) throws {
        try self.init(ringSets.count, areShared: areShared) { number in
            guard let ring = ringSets[number].fillQueue else {
                throw Failure(.usage, "ring set \(number) has no fill queue")
            }
            return try ring.takeProducer()
        }
    }
}
