/// Where the parts of a ring lie in a mapping: byte offsets from its start.
///
/// The owner of the memory says it, so it is not trusted: `validate` runs before any access. `XDP_MMAP_OFFSETS`, zcrx's
/// `io_uring_zcrx_offsets` and our own `struct token_ring_layout` differ in nothing else.
@frozen
public struct RingLayout: Hashable, Sendable {
    /// Offset of the producer index.
    public var producer: UInt64
    /// Offset of the consumer index.
    public var consumer: UInt64
    /// Offset of the flags word that the producer writes, if the ring has one.
    public var producerFlags: UInt64?
    /// Offset of the flags word that the consumer writes, if the ring has one.
    public var consumerFlags: UInt64?
    /// Offset of the first entry.
    public var entries: UInt64
    /// Bytes from one entry to the next.
    public var entryStride: UInt32
    /// Number of entries: a power of two.
    public var capacity: UInt32

    /// A layout as given; nothing is checked here.
    public init(
        producer: UInt64, consumer: UInt64, producerFlags: UInt64? = nil, consumerFlags: UInt64? = nil,
        entries: UInt64, entryStride: UInt32, capacity: UInt32
    ) {
        self.producer = producer
        self.consumer = consumer
        self.producerFlags = producerFlags
        self.consumerFlags = consumerFlags
        self.entries = entries
        self.entryStride = entryStride
        self.capacity = capacity
    }

    /// Most entries a ring may have, `TOKEN_RING_MAX_ENTRIES`.
    public static let mostEntries: UInt32 = 1 << 22

    /// Checks that the layout describes a ring of such entries inside a mapping of that size, no two parts overlapping.
    ///
    /// - Throws: `LayoutError`, naming the first field that is wrong and why.
    public func validate(mappingBytes: Int, entryBytes: Int, entryAlignment: Int) throws(LayoutError) {
        guard capacity > 0, capacity & (capacity &- 1) == 0 else {
            throw LayoutError(.capacity, UInt64(capacity), "it must be a power of two; round it up")
        }
        guard capacity <= Self.mostEntries else {
            throw LayoutError(.capacity, UInt64(capacity), "a ring has at most \(Self.mostEntries) entries")
        }
        guard Int(entryStride) == entryBytes else {
            throw LayoutError(
                .entryStride, UInt64(entryStride), "entries of \(entryBytes) bytes are expected; the peer is of another version")
        }
        var taken = [(LayoutField.entries, entries, UInt64(entryStride) * UInt64(capacity))]
        for (field, offset) in words {
            taken.append((field, offset, 4))
        }
        for (field, offset, length) in taken {
            let alignment = field == .entries ? UInt64(entryAlignment) : 4
            guard offset % alignment == 0 else {
                throw LayoutError(field, offset, "it must be a multiple of \(alignment)")
            }
            let (end, overflow) = offset.addingReportingOverflow(length)
            guard !overflow, end <= UInt64(mappingBytes) else {
                throw LayoutError(field, offset, "it ends beyond the mapping of \(mappingBytes) bytes")
            }
        }
        for first in taken.indices {
            for second in taken.indices where second > first {
                let (a, b) = (taken[first], taken[second])
                guard a.1 + a.2 <= b.1 || b.1 + b.2 <= a.1 else {
                    throw LayoutError(b.0, b.1, "it overlaps \(a.0.rawValue)")
                }
            }
        }
    }

    private var words: [(LayoutField, UInt64)] {
        var words: [(LayoutField, UInt64)] = [(.producer, producer), (.consumer, consumer)]
        if let producerFlags { words.append((.producerFlags, producerFlags)) }
        if let consumerFlags { words.append((.consumerFlags, consumerFlags)) }
        return words
    }
}

/// A field of `RingLayout`, as errors name it.
public enum LayoutField: String, Sendable {
    case producer, consumer, producerFlags, consumerFlags, entries, entryStride, capacity
}

/// A ring layout that cannot be used: which field, its value, and why.
public struct LayoutError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field that is wrong.
    public let field: LayoutField
    /// Its value.
    public let value: UInt64
    /// What is wrong with it and what would be right.
    public let reason: String

    /// An error about `field`.
    public init(_ field: LayoutField, _ value: UInt64, _ reason: String) {
        self.field = field
        self.value = value
        self.reason = reason
    }

    /// One sentence.
    public var description: String { "ring layout: \(field.rawValue) is \(value): \(reason)" }
}
