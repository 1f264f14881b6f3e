/// A look at one ring of a region from outside: what its shared words say at one moment. For people and tools; each word is
/// read on its own, so under traffic they need not fit together.
public struct RingInspection: Hashable, Sendable {
    /// What the ring is for.
    public let kind: RingKind
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

    /// Entries in the ring, modulo 2^32.
    public var used: UInt32 { producer &- consumer }
    /// Whether the indices are at most one ring apart.
    public var isConsistent: Bool { used <= capacity }
}

extension RingRegion {
    /// Looks at every ring. Takes no role and writes nothing.
    public func inspect() -> [RingInspection] {
        rings.map { kind, layout in
            func word(_ offset: UInt64?) -> UInt32 {
                offset.map { SharedWord(at: mapping.base + Int($0)).loadAcquire() } ?? 0
            }
            return RingInspection(
                kind: kind, capacity: layout.capacity, entryBytes: layout.entryStride,
                producer: word(layout.producer), consumer: word(layout.consumer),
                producerAsks: word(layout.producerFlags) & RingFlag.needWakeup != 0,
                consumerAsks: word(layout.consumerFlags) & RingFlag.needWakeup != 0)
        }
    }
}
