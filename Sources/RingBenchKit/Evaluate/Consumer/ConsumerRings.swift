import RingKernelModel
import TokenRing

/// User space's ends of all rings of a run, taken once, before its threads start.
struct ConsumerRings: Sendable {
    /// Of the delivery rings, if there are any.
    let delivery: RingEnds<ConsumerRing<MappedRingMemory<FragDescriptor>>>?
    /// Of whichever rings take buffers back.
    let returns: RingEnds<ProducerRing<MappedRingMemory<TokenRange>>>?
    let refills: RingEnds<ProducerRing<MappedRingMemory<RefillEntry>>>?
    let fills: RingEnds<ProducerRing<MappedRingMemory<UMEMAddress>>>?

    /// Those of the ring sets of a kernel in this process.
    init(_ composition: Composition, _ ringSets: [RingSet]) throws {
        let areShared = composition.topology == .ringShared
        let delivers = composition.hasDeliveryRing
        let returning = composition.returning
        delivery = delivers ? try Self.delivery(ringSets.map { $0.region }, areShared: areShared) : nil
        returns =
            returning == .mappedRing
            ? try RingEnds(
                returning: ringSets.map { $0.region }, number: ringSets.first?.returnRingNumber ?? 0,
                areShared: areShared)
            : nil
        refills = returning == .refillRing ? try RingEnds(refilling: ringSets, areShared: areShared) : nil
        fills = returning == .fillQueue ? try RingEnds(filling: ringSets, areShared: areShared) : nil
    }

    /// Those of regions whose descriptors another process handed over, each with a delivery ring and a return ring.
    init(attached regions: [RingRegion]) throws {
        delivery = try Self.delivery(regions, areShared: false)
        returns = try RingEnds(returning: regions, number: RingSet.returnRing, areShared: false)
        (refills, fills) = (nil, nil)
    }

    private static func delivery(
        _ regions: [RingRegion], areShared: Bool
    ) throws -> RingEnds<ConsumerRing<MappedRingMemory<FragDescriptor>>> {
        try RingEnds(regions.count, areShared: areShared) { try regions[$0].takeConsumer(of: RingSet.deliveryRing) }
    }
}
