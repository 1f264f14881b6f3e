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
            throw LayoutError(.capacity, UInt64(capacity), "it must be a power of two")
        }
        guard capacity <= Self.mostEntries else {
            throw LayoutError(.capacity, UInt64(capacity), "a ring has at most \(Self.mostEntries) entries")
        }
        guard Int(entryStride) == entryBytes else {
            throw LayoutError(
                .entryStride, UInt64(entryStride),
                "entries of \(entryBytes) bytes are expected; the peer is of another version")
        }
        let parts = self.parts
        for part in parts {
            let alignment = part.field == .entries ? UInt64(entryAlignment) : 4
            guard part.offset % alignment == 0 else {
                throw LayoutError(part.field, part.offset, "it must be a multiple of \(alignment)")
            }
            guard let end = part.end, end <= UInt64(mappingBytes) else {
                throw LayoutError(part.field, part.offset, "it ends beyond the mapping of \(mappingBytes) bytes")
            }
        }
        for (position, part) in parts.enumerated() {
            if let other = parts[..<position].first(where: part.overlaps) {
                throw LayoutError(part.field, part.offset, "it overlaps \(other.field.rawValue)")
            }
        }
    }

    /// Every stretch of memory that the ring uses.
    var parts: [RingPart] {
        let words: [(LayoutField, UInt64?)] = [
            (.producer, producer), (.consumer, consumer),
            (.producerFlags, producerFlags), (.consumerFlags, consumerFlags),
        ]
        return words.compactMap { field, offset in offset.map { RingPart(field: field, offset: $0, byteCount: 4) } }
            + [RingPart(field: .entries, offset: entries, byteCount: UInt64(entryStride) * UInt64(capacity))]
    }
}

/// A stretch of a mapping that one field of a layout claims.
struct RingPart {
    let field: LayoutField
    let offset: UInt64
    let byteCount: UInt64

    /// First byte behind it, or nil beyond 2^64.
    var end: UInt64? {
        let (end, overflow) = offset.addingReportingOverflow(byteCount)
        return overflow ? nil : end
    }

    /// Whether the two share a byte. For parts whose `end` is known to exist.
    func overlaps(_ other: RingPart) -> Bool {
        offset < other.offset &+ other.byteCount && other.offset < offset &+ byteCount
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
