/// Both shared indices of a ring as they stand, for accounts, dumps and tests; no side's own copies.
///
/// Either may move at any time. Where entries are published in their slots, `producer` is only a record.
public struct RingIndices: Hashable, Sendable {
    /// Index of the next entry to be published.
    public let producer: RingIndex
    /// Index of the next entry to be released.
    public let consumer: RingIndex

    /// The two indices.
    public init(producer: RingIndex, consumer: RingIndex) {
        self.producer = producer
        self.consumer = consumer
    }

    /// Entries that are published and not released, modulo 2^32.
    public var waiting: UInt32 { producer.distance(from: consumer) }

    init(of memory: some RingMemory) {
        producer = RingIndex(memory.loadRelaxed(.producer))
        consumer = RingIndex(memory.loadRelaxed(.consumer))
    }
}

extension ProducerRing {
    /// Both shared indices as they stand.
    public var indices: RingIndices { RingIndices(of: memory) }
}

extension ConsumerRing {
    /// Both shared indices as they stand.
    public var indices: RingIndices { RingIndices(of: memory) }
}

extension ProducerRing {
    /// The ring's memory, for tests that break the rules of their side.
    package var sharedMemory: Memory { memory }
}

extension ConsumerRing {
    /// The ring's memory, for tests that break the rules of their side.
    package var sharedMemory: Memory { memory }
}
