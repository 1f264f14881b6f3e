import CTokenRing
import Foundation
import Glibc
import RingTestSupport
import SystemPackage
import Testing
import TokenRing

/// A region made by one side and attached by the other, here within one process.
@Suite("Region")
struct RegionTests {
    static let specifications = [
        RingSpecification(.delivery, capacity: 128), RingSpecification(.returning, capacity: 16),
    ]

    private func attachCopy(of region: RingRegion) throws -> RingRegion {
        let copy = try region.descriptor.duplicate()
        return try RingRegion.attach(OwnedDescriptor(copy))
    }

    @Test("what is created can be attached, and both see the same rings")
    func roundTrip() throws {
        let created = try RingRegion.create(Self.specifications)
        let attached = try attachCopy(of: created)
        #expect(attached.rings.map(\.kind) == [.delivery, .returning])
        #expect(attached.rings.map(\.layout) == created.rings.map(\.layout))
        #expect(attached.mapping.byteCount == created.mapping.byteCount)
        #expect(attached.mapping.base != created.mapping.base)

        var delivery = try created.takeProducer(of: 0, entry: FragDescriptor.self)
        var received = try attached.takeConsumer(of: 0, entry: FragDescriptor.self)
        #expect(submitAll((0..<128).map { FragDescriptor(sequence: $0) }, to: &delivery) == 128)
        let fragments = takeAll(from: &received)
        #expect(fragments.count == 128)
        #expect(fragments.enumerated().allSatisfy { $1.carries(sequence: UInt64($0)) })

        var returning = try attached.takeProducer(of: 1, entry: TokenRange.self)
        var returned = try created.takeConsumer(of: 1, entry: TokenRange.self)
        #expect(submitAll((0..<20).map { TokenRange(sequence: $0) }, to: &returning) == 16)
        #expect(takeAll(from: &returned).enumerated().allSatisfy { $1.carries(sequence: UInt32($0)) })
    }

    @Test("sixteen rings fit into one region and do not disturb each other")
    func sixteenRings() throws {
        let region = try RingRegion.create((0..<16).map { RingSpecification(.returning, capacity: 1 << ($0 % 5)) })
        for ring in 0..<16 {
            var producer = try region.takeProducer(of: ring, entry: TokenRange.self)
            let values = (0..<region.rings[ring].layout.capacity).map { TokenRange(sequence: UInt32(ring) << 16 | $0) }
            #expect(submitAll(values, to: &producer) == values.count)
        }
        for ring in 0..<16 {
            var consumer = try region.takeConsumer(of: ring, entry: TokenRange.self)
            let values = takeAll(from: &consumer)
            #expect(values.count == Int(region.rings[ring].layout.capacity))
            #expect(values.enumerated().allSatisfy { $1.carries(sequence: UInt32(ring) << 16 | UInt32($0)) })
        }
    }

    @Test("neither a forked child nor a program that is executed has the rings (R15)")
    func notInherited() throws {
        let region = try RingRegion.create(Self.specifications)
        #expect(fcntl(region.descriptor.rawValue, F_GETFD) == FD_CLOEXEC)
        let attached = try attachCopy(of: region)
        for mapping in [region.mapping, attached.mapping] {
            let map = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/smaps")).readToEnd() ?? Data()
            let lines = String(decoding: map, as: UTF8.self).split(separator: "\n")
            let address = UInt(bitPattern: mapping.base)
            // "from-to rwxp ...", the first address of two mappings that were joined is another's.
            let here = lines.drop { line in
                let ends = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
                return !(ends.count == 2 && ends[0] <= address && address < ends[1])
            }
            let flags = try #require(here.first { $0.hasPrefix("VmFlags:") })
            // Documentation/filesystems/proc.rst: "dc", do not copy area on fork.
            #expect(flags.split(separator: " ").contains("dc"))
        }
    }

    @Test("every index has a span of its own and no two words share a cache line with an index")
    func indicesHaveSpans() throws {
        let region = try RingRegion.create(Self.specifications)
        let span = UInt64(TOKEN_RING_SPAN)
        var spans: Set<UInt64> = []
        for (_, layout) in region.rings {
            for offset in [layout.producer, layout.consumer, layout.entries] {
                #expect(offset % span == 0)
                #expect(spans.insert(offset / span).inserted)
            }
            #expect(spans.insert((layout.producerFlags ?? 0) / span).inserted)
        }
        #expect((spans.min() ?? 0) * span >= UInt64(MemoryLayout<token_ring_region>.size))
    }

    @Test("a new region is zeroed but for its header and start indices")
    func zeroed() throws {
        let region = try RingRegion.create([RingSpecification(.delivery, capacity: 128, startIndex: 7)])
        let layout = region.rings[0].layout
        let bytes = UnsafeRawBufferPointer(start: region.mapping.base, count: region.mapping.byteCount)
        var nonzero = Set(bytes.indices.dropFirst(MemoryLayout<token_ring_region>.size).filter { bytes[$0] != 0 })
        nonzero.remove(Int(layout.producer))
        nonzero.remove(Int(layout.consumer))
        #expect(nonzero.isEmpty)
        #expect(region.word(.producer).loadAcquire() == 7)
        #expect(region.word(.consumer).loadAcquire() == 7)
    }

    @Test("rings start where the specification says, and work over the wrap")
    func startIndex() throws {
        let region = try RingRegion.create([RingSpecification(.returning, capacity: 4, startIndex: 0 &- 5)])
        var producer = try region.takeProducer(of: 0, entry: TokenRange.self)
        var consumer = try region.takeConsumer(of: 0, entry: TokenRange.self)
        for sequence in 0..<20 as Range<UInt32> {
            #expect(submitAll([TokenRange(sequence: sequence)], to: &producer) == 1)
            #expect(takeAll(from: &consumer).first?.carries(sequence: sequence) == true)
        }
        #expect(region.word(.producer).loadAcquire() == 15)
    }

    @Test("a role can be taken once per process")
    func roleOnce() throws {
        let region = try RingRegion.create(Self.specifications)
        _ = try region.takeProducer(of: 0, entry: FragDescriptor.self)
        #expect(throws: RegionError.roleTaken(ring: 0, .producer)) {
            _ = try region.takeProducer(of: 0, entry: FragDescriptor.self)
        }
        _ = try region.takeConsumer(of: 0, entry: FragDescriptor.self)
        #expect(throws: RegionError.roleTaken(ring: 0, .consumer)) {
            _ = try region.takeConsumer(of: 0, entry: FragDescriptor.self)
        }
        _ = try region.takeProducer(of: 1, entry: TokenRange.self)
    }

    @Test("a ring that is not there, or whose entries are of another size, cannot be taken")
    func wrongRing() throws {
        let region = try RingRegion.create(Self.specifications)
        for number in [-1, 2, Int.max] {
            let error = #expect(throws: RegionError.self) {
                _ = try region.takeConsumer(of: number, entry: FragDescriptor.self)
            }
            guard case .noSuchRing(number, _) = error else {
                Issue.record("ring \(number): \(String(describing: error))")
                continue
            }
        }
        let error = #expect(throws: RegionError.self) {
            _ = try region.takeProducer(of: 0, entry: TokenRange.self)
        }
        guard case .layout(0, let layout) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(layout.field == .entryStride)
        _ = try region.takeProducer(of: 0, entry: FragDescriptor.self)
    }

    @Test("a peer that tries to truncate or grow the region gets EPERM")
    func sizeIsSealed() throws {
        let region = try RingRegion.create(Self.specifications)
        let attached = try attachCopy(of: region)
        for byteCount in [0, 1, region.mapping.byteCount - 1, region.mapping.byteCount + 4096] {
            #expect(ftruncate(attached.descriptor.rawValue, byteCount) == -1)
            #expect(errno == EPERM)
        }
        #expect(region.word(.producer).loadAcquire() == 0, "still mapped")
    }

    @Test("rings outlive the region, its descriptor and the other side's mapping")
    func ringsKeepTheMapping() throws {
        var region: RingRegion? = try RingRegion.create(Self.specifications)
        var attached: RingRegion? = try region.map(attachCopy)
        let producer = try region?.takeProducer(of: 1, entry: TokenRange.self)
        let consumer = try attached?.takeConsumer(of: 1, entry: TokenRange.self)
        region = nil
        attached = nil
        guard var producer, var consumer else { return }
        #expect(submitAll([TokenRange(sequence: 5)], to: &producer) == 1)
        #expect(takeAll(from: &consumer).first?.carries(sequence: 5) == true)
    }

    @Test("impossible specifications are refused, and the error names ring and field")
    func impossibleSpecifications() throws {
        for capacity in [0, 3, 12, RingLayout.mostEntries * 2, .max] as [UInt32] {
            let error = #expect(throws: RegionError.self) {
                try RingRegion.create([
                    RingSpecification(.delivery, capacity: 8), RingSpecification(.returning, capacity: capacity),
                ])
            }
            guard case .layout(1, let layout) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(layout.field == .capacity && layout.value == UInt64(capacity))
        }
        for count in [0, 17] {
            let error = #expect(throws: RegionError.self) {
                try RingRegion.create(Array(repeating: RingSpecification(.returning, capacity: 1), count: count))
            }
            guard case .header("ring_count", UInt64(count), _) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test("a region's descriptor travels over a Unix socket and is closed with its last owner")
    func handover() throws {
        let (ours, theirs) = try DescriptorChannel.pair()
        let region = try RingRegion.create(Self.specifications)
        try ours.send([region.descriptor])
        let received = try theirs.receive(upTo: 1)
        try #require(received.count == 1)
        let raw = received[0].descriptor.rawValue
        #expect(raw != region.descriptor.rawValue)
        #expect(fcntl(raw, F_GETFD) & FD_CLOEXEC != 0)
        #expect(try RingRegion.attach(received[0]).rings.count == 2)
    }

    @Test("more descriptors than agreed are refused and closed, and a peer that went away is an error")
    func handoverRefusals() throws {
        let (ours, theirs) = try DescriptorChannel.pair()
        let region = try RingRegion.create(Self.specifications)
        try ours.send([region.descriptor, region.descriptor])
        #expect(throws: SystemCallError.self) { try theirs.receive(upTo: 1) }
        #expect(throws: SystemCallError.self) { try ours.send([]) }
        let gone = try { try DescriptorChannel.pair().0 }()
        let error = #expect(throws: SystemCallError.self) { try gone.receive(upTo: 1) }
        #expect(error?.errno == .connectionReset)
        #expect(error?.call == "recvmsg")
    }
}
