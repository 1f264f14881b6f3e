import RingTestSupport
import Testing
import TokenRing

/// A layout comes from the owner of the memory, who is not trusted: each wrong field is refused by its name.
@Suite("Ring layout")
struct RingLayoutTests {
    static let mappingBytes = 4096

    /// A good layout: 16 entries of 8 bytes behind four words.
    static let good = RingLayout(
        producer: 0, consumer: 128, producerFlags: 256, consumerFlags: 260, entries: 384, entryStride: 8, capacity: 16)

    /// The good layout with one thing wrong.
    struct Mistake: CustomTestStringConvertible {
        let testDescription: String
        let field: LayoutField
        let layout: RingLayout

        init(_ description: String, _ field: LayoutField, _ change: (inout RingLayout) -> Void) {
            testDescription = description
            self.field = field
            var layout = RingLayoutTests.good
            change(&layout)
            self.layout = layout
        }
    }

    static let mistakes = [
        Mistake("3 entries are no power of two", .capacity) { $0.capacity = 3 },
        Mistake("no entries", .capacity) { $0.capacity = 0 },
        Mistake("more entries than a ring may have", .capacity) { $0.capacity = RingLayout.mostEntries * 2 },
        Mistake("2^31 entries", .capacity) { $0.capacity = 1 << 31 },
        Mistake("the producer is not on a word boundary", .producer) { $0.producer = 2 },
        Mistake("the consumer is not on a word boundary", .consumer) { $0.consumer = 129 },
        Mistake("the producer's flags are not on a word boundary", .producerFlags) { $0.producerFlags = 258 },
        Mistake("the consumer's flags are not on a word boundary", .consumerFlags) { $0.consumerFlags = 263 },
        Mistake("entries of 8 bytes on a boundary of 4", .entries) { $0.entries = 388 },
        Mistake("the producer lies behind the mapping", .producer) { $0.producer = 4096 },
        Mistake("the consumer lies behind the mapping", .consumer) { $0.consumer = 1 << 40 },
        Mistake("the producer's flags lie behind the mapping", .producerFlags) { $0.producerFlags = 8192 },
        Mistake("the consumer's flags lie behind the mapping", .consumerFlags) { $0.consumerFlags = 4100 },
        Mistake("the last entry lies behind the mapping", .entries) { $0.entries = 4096 - 15 * 8 },
        Mistake("the largest ring in a small mapping", .entries) { $0.capacity = RingLayout.mostEntries },
        Mistake("a word ends at 2^64", .producer) { $0.producer = .max - 3 },
        Mistake("flags end at 2^64", .consumerFlags) { $0.consumerFlags = .max - 3 },
        Mistake("the entries go beyond 2^64", .entries) { $0.entries = .max - 7 },
        Mistake("the entries end exactly at 2^64", .entries) { $0.entries = 0 &- 16 * 8 },
        Mistake("entries of half the size", .entryStride) { $0.entryStride = 4 },
        Mistake("entries of twice the size", .entryStride) { $0.entryStride = 16 },
        Mistake("entries of no size", .entryStride) { $0.entryStride = 0 },
        Mistake("the entries begin on the producer", .entries) { $0.entries = 0 },
        Mistake("the last entry lies on the consumer", .entries) { $0.entries = 8 },
        Mistake("the entries cover a flags word", .entries) { $0.entries = 256 },
        Mistake("one word is both indices", .consumer) { $0.consumer = 0 },
        Mistake("the flags of one side are its index", .producerFlags) { $0.producerFlags = 0 },
        Mistake("both sides' flags are one word", .consumerFlags) { $0.consumerFlags = 256 },
    ]

    @Test("a layout with a mistake is refused, and the error names the field and its value", arguments: mistakes)
    func mistakeIsRefused(_ mistake: Mistake) throws {
        let memory = try GuardedMemory(byteCount: Self.mappingBytes)
        let error = #expect(throws: LayoutError.self) {
            try MappedRingMemory(memory.mapping, layout: mistake.layout, of: UInt64.self)
        }
        #expect(error?.field == mistake.field)
        #expect(error?.value == value(of: mistake.field, in: mistake.layout))
        #expect(error?.description.contains(mistake.field.rawValue) == true)
        #expect(error?.reason.isEmpty == false)
    }

    @Test("a layout without a mistake is accepted")
    func goodLayoutIsAccepted() throws {
        let memory = try GuardedMemory(byteCount: Self.mappingBytes)
        let ring = try MappedRingMemory(memory.mapping, layout: Self.good, of: UInt64.self)
        #expect(ring.capacity == 16)
        #expect(RingWord.allCases.allSatisfy(ring.has))
    }

    @Test("a ring may end exactly where the mapping ends")
    func endOfMappingIsInside() throws {
        var layout = Self.good
        layout.entries = UInt64(Self.mappingBytes - 16 * 8)
        try layout.validate(mappingBytes: Self.mappingBytes, entryBytes: 8, entryAlignment: 8)
    }

    @Test("a ring of one entry and a ring of the most entries are accepted")
    func extremesAreAccepted() throws {
        var layout = Self.good
        layout.capacity = 1
        try layout.validate(mappingBytes: Self.mappingBytes, entryBytes: 8, entryAlignment: 8)
        layout.capacity = RingLayout.mostEntries
        try layout.validate(
            mappingBytes: 384 + 8 * Int(RingLayout.mostEntries), entryBytes: 8, entryAlignment: 8)
    }

    private func value(of field: LayoutField, in layout: RingLayout) -> UInt64? {
        switch field {
        case .producer: layout.producer
        case .consumer: layout.consumer
        case .producerFlags: layout.producerFlags
        case .consumerFlags: layout.consumerFlags
        case .entries: layout.entries
        case .entryStride: UInt64(layout.entryStride)
        case .capacity: UInt64(layout.capacity)
        }
    }
}
