import CTokenRing
import Glibc
import RingTestSupport
import SystemPackage
import Testing
import TokenRing

/// Whoever attaches to a region trusts nothing that the creator wrote: what is not wholly understood is refused, and the
/// error names the field.
@Suite("Region refusal")
struct RegionRefusalTests {
    /// A forged region and the field for which it must be refused.
    struct Forgery: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let field: String
        let change: @Sendable (inout ForgedRegion) -> Void

        init(_ description: String, _ field: String, _ change: @escaping @Sendable (inout ForgedRegion) -> Void) {
            testDescription = description
            self.field = field
            self.change = change
        }
    }

    static let headerForgeries = [
        Forgery("another magic", "magic") { $0.header.magic ^= 1 },
        Forgery("all zero", "magic") { $0.header = token_ring_region() },
        Forgery("version 0: the creator has not finished", "version") { $0.header.version = 0 },
        Forgery("a version from the future", "version") { $0.header.version = 2 },
        Forgery("fewer bytes than the file has", "region_bytes") { $0.header.region_bytes -= 4096 },
        Forgery("more bytes than the file has", "region_bytes") { $0.header.region_bytes += 4096 },
        Forgery("2^64 - 1 bytes", "region_bytes") { $0.header.region_bytes = .max },
        Forgery("a file truncated before it was sealed", "region_bytes") { $0.byteCount -= 4096 },
        Forgery("a file of half a header", "file size") { $0.byteCount = 480 },
        Forgery("an empty file", "file size") { $0.byteCount = 0 },
        Forgery("a size that is not sealed", "seals") { $0.isSealed = false },
        Forgery("a header of another size", "header_bytes") { $0.header.header_bytes += 8 },
        Forgery("a feature that nobody knows", "features") { $0.header.features |= 1 << 2 },
        Forgery("the highest feature bit", "features") { $0.header.features |= 1 << 63 },
        Forgery("the first reserved field", "reserved") { $0.header.reserved.0 = 1 },
        Forgery("the last reserved field", "reserved") { $0.header.reserved.3 = 1 << 63 },
        Forgery("no rings", "ring_count") { $0.header.ring_count = 0 },
        Forgery("17 rings", "ring_count") { $0.header.ring_count = 17 },
        Forgery("2^32 - 1 rings", "ring_count") { $0.header.ring_count = .max },
        Forgery("a third ring that is not described", "rings[2].kind") { $0.header.ring_count = 3 },
        Forgery("kind 0", "rings[0].kind") { $0.changeRing(0) { $0.kind = 0 } },
        Forgery("kind 3", "rings[1].kind") { $0.changeRing(1) { $0.kind = 3 } },
        Forgery("a ring's reserved field", "rings[1].reserved") { $0.changeRing(1) { $0.reserved = 1 } },
    ]

    @Test("a header with a field that is not understood is refused by that field's name", arguments: headerForgeries)
    func headerIsRefused(_ forgery: Forgery) throws {
        var forged = try ForgedRegion(RegionTests.specifications)
        forgery.change(&forged)
        let error = #expect(throws: RegionError.self) { try forged.attach() }
        guard case .header(let field, _, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(field == forgery.field)
        #expect(reason.isEmpty == false)
        #expect(error?.description.contains(forgery.field) == true)
    }

    static let layoutForgeries = [
        Forgery("3 entries", "capacity") { $0.changeRing(1) { $0.entries = 3 } },
        Forgery("no entries", "capacity") { $0.changeRing(1) { $0.entries = 0 } },
        Forgery("2^31 entries", "capacity") { $0.changeRing(1) { $0.entries = 1 << 31 } },
        Forgery("more entries than fit", "entries") { $0.changeRing(1) { $0.entries = 1 << 20 } },
        Forgery("entries of another size", "entryStride") { $0.changeRing(1) { $0.entry_bytes = 16 } },
        Forgery("a producer beyond the mapping", "producer") { $0.changeRing(1) { $0.producer = 1 << 32 } },
        Forgery("a misaligned consumer", "consumer") { $0.changeRing(1) { $0.consumer += 1 } },
        Forgery("entries over their own indices", "entries") { $0.changeRing(1) { $0.ring = $0.producer - 8 } },
        Forgery("both indices in one word", "consumer") { $0.changeRing(1) { $0.consumer = $0.producer } },
        Forgery("both flags in one word", "consumerFlags") {
            $0.changeRing(1) { $0.consumer_flags = $0.producer_flags }
        },
        Forgery("a producer in the header", "producer") { $0.changeRing(1) { $0.producer = 0 } },
        Forgery("flags over the version", "consumerFlags") { $0.changeRing(1) { $0.consumer_flags = 4 } },
        Forgery("entries in the header", "entries") { $0.changeRing(1) { $0.ring = 64 } },
        Forgery("a word at the header's end", "producerFlags") { $0.changeRing(1) { $0.producer_flags = 956 } },
        Forgery("another ring's entries", "producer") { forged in
            let entries = RingLayout(forged.header.rings.0).entries
            forged.changeRing(1) { $0.producer = entries + 8 }
        },
        Forgery("another ring's producer", "producer") { forged in
            let producer = RingLayout(forged.header.rings.0).producer
            forged.changeRing(1) { $0.producer = producer }
        },
        Forgery("the same place as another ring", "producer") { forged in
            let other = forged.header.rings.0
            forged.changeRing(1) { $0 = other }
        },
    ]

    @Test("a ring that cannot lie there is refused by ring and field", arguments: layoutForgeries)
    func layoutIsRefused(_ forgery: Forgery) throws {
        var forged = try ForgedRegion(RegionTests.specifications)
        forgery.change(&forged)
        let error = #expect(throws: RegionError.self) { try forged.attach() }
        guard case .layout(1, let layout) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(layout.field.rawValue == forgery.field)
        #expect(error?.description.contains("ring 1") == true)
    }

    @Test("the forgeries start from something that is accepted")
    func unchangedIsAccepted() throws {
        #expect(try ForgedRegion(RegionTests.specifications).attach().rings.count == 2)
    }

    @Test("a descriptor that is no memfd is refused, and the error names the call and what to do")
    func notAMemfd() throws {
        let (readEnd, writeEnd) = try FileDescriptor.pipe()
        try writeEnd.close()
        let null = try FileDescriptor.open("/dev/null", .readWrite)
        let closed = FileDescriptor(rawValue: 1 << 20)
        for descriptor in [readEnd, null, closed] {
            let error = #expect(throws: RegionError.self) { try RingRegion.attach(OwnedDescriptor(descriptor)) }
            guard case .system(let failure) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(failure.call == "fcntl(F_GET_SEALS)")
            #expect(failure.errno == (descriptor == closed ? .badFileDescriptor : .invalidArgument))
            #expect(failure.hint.contains("memfd"))
        }
    }

    @Test("a memfd that cannot be written is refused")
    func readOnlyMemfd() throws {
        let owned = try ForgedRegion(RegionTests.specifications).descriptor()
        let readOnly = try FileDescriptor.open(
            FilePath("/proc/self/fd/\(owned.descriptor.rawValue)"), .readOnly)
        let error = #expect(throws: RegionError.self) { try RingRegion.attach(OwnedDescriptor(readOnly)) }
        guard case .system(let failure) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(failure.call == "mmap")
        #expect(failure.errno == .permissionDenied)
    }

    @Test("a header that changes after attach moves no ring")
    func headerChangesLater() throws {
        let region = try RingRegion.create([RingSpecification(.returning, capacity: 4)])
        let attached = try RingRegion.attach(OwnedDescriptor(try region.descriptor.duplicate()))
        region.mapping.base.storeBytes(of: token_ring_region(), as: token_ring_region.self)
        var producer = try region.takeProducer(of: 0, entry: TokenRange.self)
        var consumer = try attached.takeConsumer(of: 0, entry: TokenRange.self)
        #expect(submitAll([TokenRange(sequence: 9)], to: &producer) == 1)
        #expect(takeAll(from: &consumer).first?.carries(sequence: 9) == true)
    }
}
