import CTokenRing
import Glibc
import Synchronization
import SystemPackage

/// Rings in one piece of memory that two processes map: `token_ring.h` in Swift.
///
/// One process creates it and hands its descriptor over; the other attaches. The memory's size is sealed by the creator,
/// so no peer can truncate it under a reader (R14). It goes away with its last mapping and descriptor: nothing is left in
/// the file system.
public final class RingRegion: Sendable {
    /// What is to be handed to the other process.
    public var descriptor: FileDescriptor { owned.descriptor }
    /// The rings, in the header's order.
    public let rings: [(kind: RingKind, layout: RingLayout)]
    /// The mapping.
    public let mapping: Mapping
    /// `features` of the header, `TOKEN_RING_FEATURE_*`.
    private let features: UInt64
    private let owned: OwnedDescriptor
    private let rolesTaken = Mutex<Set<Role>>([])

    private struct Role: Hashable {
        let ring: Int
        let role: RingRole
    }

    private init(owned: OwnedDescriptor, mapping: Mapping, header: RegionHeader) {
        self.owned = owned
        self.mapping = mapping
        rings = header.rings
        features = header.features
    }

    /// How entries of all its rings are published.
    public var publication: RingPublication { features & RegionHeader.phaseFeature == 0 ? .index : .slot }

    /// Makes a region with these rings, its memory zeroed (R25) and its size sealed.
    ///
    /// - Parameters:
    ///   - specifications: 1 to 16 rings.
    ///   - name: shown in /proc/PID/maps.
    /// - Throws: `RegionError`, naming the ring and field of a specification that cannot be.
    public static func create(
        _ specifications: [RingSpecification], name: String = "token_ring"
    ) throws(RegionError) -> RingRegion {
        for (number, specification) in specifications.enumerated() {
            guard specification.capacity.nonzeroBitCount == 1, specification.capacity <= RingLayout.mostEntries else {
                throw .layout(
                    ring: number,
                    LayoutError(
                        .capacity, UInt64(specification.capacity),
                        "it must be a power of two up to \(RingLayout.mostEntries)"))
            }
        }
        guard (1...RegionHeader.mostRings).contains(specifications.count) else {
            throw .header(
                field: "ring_count", value: UInt64(specifications.count),
                reason: "a region has 1 to \(RegionHeader.mostRings) rings")
        }
        let plan = RegionHeader.plan(specifications)
        guard Set(specifications.map(\.publication)).count == 1 else {
            throw .header(
                field: "features", value: plan.raw.features,
                reason: "either all rings of a region publish in the slot or none does")
        }
        var complete = plan.raw
        complete.version = RegionHeader.version
        let header = try RegionHeader(checking: complete, regionBytes: plan.byteCount)
        let (owned, mapping) = try makeMemory(name: name, byteCount: plan.byteCount)
        for (number, (ring, specification)) in zip(header.rings, specifications).enumerated() {
            // Zeroed memory is empty at index 0.
            if specification.publication == .slot, specification.startIndex != 0 {
                let start = RingIndex(specification.startIndex)
                do {
                    switch ring.kind {
                    case .delivery:
                        try SlotPublishedMemory<FragDescriptor>(mapping, layout: ring.layout).unpublishAll(from: start)
                    case .returning:
                        try SlotPublishedMemory<TokenRange>(mapping, layout: ring.layout).unpublishAll(from: start)
                    }
                } catch {
                    throw .layout(ring: number, error)
                }
            }
            SharedWord(at: mapping.base + Int(ring.layout.producer)).storeRelease(specification.startIndex)
            SharedWord(at: mapping.base + Int(ring.layout.consumer)).storeRelease(specification.startIndex)
        }
        mapping.base.storeBytes(of: plan.raw, as: token_ring_region.self)
        // Last: a known version tells an attacher that the rest is there.
        SharedWord(at: mapping.base + RegionHeader.versionOffset).storeRelease(RegionHeader.version)
        return RingRegion(owned: owned, mapping: mapping, header: header)
    }

    /// Attaches to the region behind a descriptor that another process handed over.
    ///
    /// - Throws: `RegionError`, naming what is wrong; a region that is not wholly understood is refused.
    public static func attach(_ owned: OwnedDescriptor) throws(RegionError) -> RingRegion {
        let (mapping, raw) = try mapChecked(owned)
        let header = try RegionHeader(checking: raw, regionBytes: mapping.byteCount)
        return RingRegion(owned: owned, mapping: mapping, header: header)
    }

    private static func makeMemory(name: String, byteCount: Int) throws(RegionError) -> (OwnedDescriptor, Mapping) {
        do throws(SystemCallError) {
            let memory = try SealedMemory(name, byteCount: byteCount)
            return (memory.file, memory.mapping)
        } catch {
            throw .system(error)
        }
    }

    private static func mapChecked(_ owned: OwnedDescriptor) throws(RegionError) -> (Mapping, token_ring_region) {
        let byteCount = try sealedSize(of: owned)
        guard byteCount >= RegionHeader.byteCount else {
            throw .header(
                field: "file size", value: UInt64(byteCount),
                reason: "a region has at least \(RegionHeader.byteCount) bytes")
        }
        do throws(SystemCallError) {
            let mapping = try Mapping(of: owned, byteCount: byteCount)
            // The version first, with acquire: it was stored last.
            let version = SharedWord(at: mapping.base + RegionHeader.versionOffset).loadAcquire()
            var raw = mapping.base.load(as: token_ring_region.self)
            raw.version = version
            return (mapping, raw)
        } catch {
            throw .system(error)
        }
    }

    private static func sealedSize(of owned: OwnedDescriptor) throws(RegionError) -> Int {
        var status = stat()
        let sealed = ctr_size_is_sealed(owned.descriptor.rawValue)
        if sealed < 0 {
            let hint = "a region is a memfd; use the descriptor that its creator handed over"
            throw .system(SystemCallError("fcntl(F_GET_SEALS)", errno: sealed, hint: hint))
        }
        guard sealed == 1 else {
            throw .header(
                field: "seals", value: 0, reason: "the size is not sealed, the peer could truncate it under us")
        }
        guard fstat(owned.descriptor.rawValue, &status) == 0 else {
            throw .system(SystemCallError("fstat", errno: errno))
        }
        return Int(status.st_size)
    }
}

extension RingRegion {
    /// Takes the producer's end of ring `number`. Once per process; across processes the two sides agree who is who.
    ///
    /// - Throws: `RegionError.noSuchRing`, `.roleTaken`, `.layout` if the entries have another size, `.header` naming
    ///   `features` if the region's rings publish in the slot.
    public func takeProducer<Entry: BitwiseCopyable>(
        of number: Int, entry: Entry.Type = Entry.self
    ) throws(RegionError) -> ProducerRing<MappedRingMemory<Entry>> {
        ProducerRing(
            memory: try take(.producer, of: number, .index) { mapping, layout throws(LayoutError) in
                try MappedRingMemory(mapping, layout: layout)
            })
    }

    /// Takes the consumer's end of ring `number`. Once per process; across processes the two sides agree who is who.
    ///
    /// - Throws: as `takeProducer`.
    public func takeConsumer<Entry: BitwiseCopyable>(
        of number: Int, entry: Entry.Type = Entry.self
    ) throws(RegionError) -> ConsumerRing<MappedRingMemory<Entry>> {
        ConsumerRing(
            memory: try take(.consumer, of: number, .index) { mapping, layout throws(LayoutError) in
                try MappedRingMemory(mapping, layout: layout)
            })
    }

    /// Takes the producer's end of ring `number` of a region whose rings publish in the slot.
    ///
    /// - Throws: as `takeProducer`; `.header` naming `features` if they publish by the index.
    public func takeSlotProducer<Entry: PhasedEntry & BitwiseCopyable>(
        of number: Int, entry: Entry.Type = Entry.self
    ) throws(RegionError) -> ProducerRing<SlotPublishedMemory<Entry>> {
        ProducerRing(
            memory: try take(.producer, of: number, .slot) { mapping, layout throws(LayoutError) in
                try SlotPublishedMemory(mapping, layout: layout)
            })
    }

    /// Takes the consumer's end of ring `number` of a region whose rings publish in the slot.
    ///
    /// - Throws: as `takeSlotProducer`.
    public func takeSlotConsumer<Entry: PhasedEntry & BitwiseCopyable>(
        of number: Int, entry: Entry.Type = Entry.self
    ) throws(RegionError) -> ConsumerRing<SlotPublishedMemory<Entry>> {
        ConsumerRing(
            memory: try take(.consumer, of: number, .slot) { mapping, layout throws(LayoutError) in
                try SlotPublishedMemory(mapping, layout: layout)
            })
    }

    private func take<Memory: RingMemory>(
        _ role: RingRole, of number: Int, _ asked: RingPublication,
        _ make: (Mapping, RingLayout) throws(LayoutError) -> Memory
    ) throws(RegionError) -> Memory {
        guard rings.indices.contains(number) else {
            throw .noSuchRing(number, reason: "the region has \(rings.count) rings")
        }
        guard asked == publication else {
            throw .header(
                field: "features", value: features,
                reason: publication == .slot
                    ? "its rings publish in the slot; take them with takeSlotProducer and takeSlotConsumer"
                    : "its rings publish by the index; take them with takeProducer and takeConsumer")
        }
        let memory: Memory
        do {
            memory = try make(mapping, rings[number].layout)
        } catch {
            throw .layout(ring: number, error)
        }
        guard rolesTaken.withLock({ $0.insert(Role(ring: number, role: role)).inserted }) else {
            throw .roleTaken(ring: number, role)
        }
        return memory
    }
}
