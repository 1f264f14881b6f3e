import TokenRing

/// The kernel's side of a ring that user space produces: FILL and TX (`xskq_cons_*` of net/xdp/xsk_queue.h).
///
/// The kernel works on indices of its own and looks at the producer's only when it has nothing left; it tells its own index as
/// late. It does not check how far the producer claims to be: a jump makes it read old slots, by mask and so never outside.
struct XSKConsumedQueue<Entry: BitwiseCopyable> {
    let memory: MappedRingMemory<Entry>
    /// Next entry to read; told to user space by `publish`.
    private var consumer: UInt32 = 0
    /// The producer index as last seen.
    private var producer: UInt32 = 0
    /// Entries that were refused.
    var invalid: UInt64 = 0
    /// Times that it was found empty.
    var empty: UInt64 = 0

    init(_ memory: MappedRingMemory<Entry>) { self.memory = memory }

    /// The next entry, which stays there; nil and counted if there is none.
    mutating func peek() -> Entry? {
        if producer == consumer {
            publish()
            producer = memory.loadAcquire(.producer)
        }
        guard producer != consumer else {
            empty += 1
            return nil
        }
        return memory.loadEntry(at: RingIndex(consumer))
    }

    /// Goes past the entry that was peeked.
    mutating func skip() { consumer &+= 1 }

    /// Tells user space how far it is.
    func publish() { memory.storeRelease(consumer, to: .consumer) }
}

/// The kernel's side of a ring that user space consumes: RX and COMPLETION (`xskq_prod_*`).
///
/// It believes the consumer index: one that runs ahead makes more room than there are slots, and the kernel writes over what was
/// not read. Only whoever wrote the index is hurt.
struct XSKProducedQueue<Entry: BitwiseCopyable> {
    let memory: MappedRingMemory<Entry>
    /// Next slot to reserve.
    private var reserved: UInt32 = 0
    /// Next entry to publish.
    private var producer: UInt32 = 0
    /// The consumer index as last seen.
    private var consumer: UInt32 = 0

    init(_ memory: MappedRingMemory<Entry>) { self.memory = memory }

    /// Takes a slot. False if the ring is full.
    mutating func reserve() -> Bool {
        if !hasRoom { consumer = memory.loadAcquire(.consumer) }
        guard hasRoom else { return false }
        reserved &+= 1
        return true
    }

    private var hasRoom: Bool { memory.capacity &- (reserved &- consumer) != 0 }

    /// Writes the oldest reserved slot.
    mutating func write(_ entry: Entry) {
        memory.storeEntry(entry, at: RingIndex(producer))
        producer &+= 1
    }

    /// Tells user space what was written.
    func publish() { memory.storeRelease(producer, to: .producer) }
}
