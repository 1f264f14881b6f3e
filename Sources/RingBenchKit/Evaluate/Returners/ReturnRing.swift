import RingKernelModel
import TokenRing

/// The proposal's return ring: a range of one token.
extension TokenRange: ReturnEntry {
    @inline(__always)
    init(returning frag: ReceivedFrag) { self.init(token_start: frag.token, token_count: 1) }
}

extension RingEnds where Ring == ProducerRing<MappedRingMemory<TokenRange>> {
    /// The ends of the return rings of `regions`; the rings have the same number in all of them.
    convenience init(returning regions: [RingRegion], number: Int, areShared: Bool) throws {
        try self.init(regions.count, areShared: areShared) { try regions[$0].takeProducer(of: number) }
    }
}
