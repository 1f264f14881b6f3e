/// A look at one ring of a region from outside: what its shared words say at one moment. For people and tools; each word is
/// read on its own, so under traffic they need not fit together.
public struct RingInspection: Hashable, Sendable {
    /// What the ring is for.
    public let kind: RingKind
    /// How its entries are published.
    public let publication: RingPublication
    /// Slots.
    public let capacity: UInt32
    /// Bytes of an entry.
    public let entryBytes: UInt32
    /// The producer index; where entries are published in their slots a record of it, which may lag behind.
    public let producer: UInt32
    /// The consumer index.
    public let consumer: UInt32
    /// Whether the producer asks to be woken when there is room.
    public let producerAsks: Bool
    /// Whether the consumer asks to be woken when there is an entry.
    public let consumerAsks: Bool
    /// Whether a living process has claimed the producer's role (`RingRegion.claim`); nil if that cannot be seen.
    public let producerIsClaimed: Bool?
    /// Whether a living process has claimed the consumer's role.
    public let consumerIsClaimed: Bool?

    /// Entries in the ring by its indices, modulo 2^32; 0 where a consumer is ahead of the record that lags behind it.
    public var used: UInt32 { recordLags ? 0 : producer &- consumer }
    /// Whether the indices are at most one ring apart.
    public var isConsistent: Bool { used <= capacity }
    /// A producer that published in slots, and has not recorded that or died before.
    private var recordLags: Bool { publication == .slot && consumer &- producer <= capacity }
}

extension RingRegion {
    /// Looks at every ring. Takes no role and writes nothing.
    public func inspect() -> [RingInspection] {
        rings.enumerated().map { number, ring in
            let (kind, layout) = ring
            func word(_ offset: UInt64?) -> UInt32 {
                offset.map { SharedWord(at: mapping.base + Int($0)).loadAcquire() } ?? 0
            }
            return RingInspection(
                kind: kind, publication: publication, capacity: layout.capacity, entryBytes: layout.entryStride,
                producer: word(layout.producer), consumer: word(layout.consumer),
                producerAsks: word(layout.producerFlags) & RingFlag.needWakeup != 0,
                consumerAsks: word(layout.consumerFlags) & RingFlag.needWakeup != 0,
                producerIsClaimed: try? isClaimed(.producer, of: number),
                consumerIsClaimed: try? isClaimed(.consumer, of: number))
        }
    }
}
