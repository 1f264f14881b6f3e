import CTokenRing

/// `struct token_ring_region` as this process uses it: copied once from the shared memory, then checked. Nothing is read
/// from the shared header again, so its owner cannot change it behind the check (R1).
struct RegionHeader {
    static let magic = UInt32(TOKEN_RING_MAGIC)
    static let version = UInt32(TOKEN_RING_VERSION)
    static let mostRings = Int(TOKEN_RING_MAX_RINGS)
    static let byteCount = MemoryLayout<token_ring_region>.size
    static let versionOffset = MemoryLayout<token_ring_region>.offset(of: \.version) ?? 4
    static let deliveryFeature: UInt64 = 1 << 0
    static let phaseFeature: UInt64 = 1 << 1
    static let knownFeatures = deliveryFeature | phaseFeature

    let rings: [(kind: RingKind, layout: RingLayout)]
    let features: UInt64

    /// Checks a copy of the header of a region of `regionBytes`.
    init(checking raw: token_ring_region, regionBytes: Int) throws(RegionError) {
        func refuse(_ field: String, _ value: UInt64, _ reason: String) -> RegionError {
            .header(field: field, value: value, reason: reason)
        }
        guard raw.magic == Self.magic else {
            throw refuse("magic", UInt64(raw.magic), "this is not a token ring region")
        }
        guard raw.version == Self.version else {
            throw refuse("version", UInt64(raw.version), "version \(Self.version) is known here; use the same release")
        }
        guard raw.region_bytes == UInt64(regionBytes) else {
            throw refuse("region_bytes", raw.region_bytes, "the file has \(regionBytes) bytes")
        }
        guard raw.header_bytes == UInt32(Self.byteCount) else {
            throw refuse("header_bytes", UInt64(raw.header_bytes), "\(Self.byteCount) are known here")
        }
        guard raw.features & ~Self.knownFeatures == 0 else {
            throw refuse("features", raw.features, "it has bits that are not known here; use the same release")
        }
        guard raw.reserved == (0, 0, 0, 0) else {
            throw refuse("reserved", raw.reserved.0 | raw.reserved.1 | raw.reserved.2 | raw.reserved.3, "it must be 0")
        }
        guard (1...Self.mostRings).contains(Int(raw.ring_count)) else {
            throw refuse("ring_count", UInt64(raw.ring_count), "a region has 1 to \(Self.mostRings) rings")
        }
        var raw = raw
        let layouts = withUnsafeBytes(of: &raw.rings) { bytes in
            Array(bytes.bindMemory(to: token_ring_layout.self).prefix(Int(raw.ring_count)))
        }
        var rings: [(kind: RingKind, layout: RingLayout)] = []
        var taken = [RingPart(field: .entries, offset: 0, byteCount: UInt64(Self.byteCount))]
        for (number, entry) in layouts.enumerated() {
            guard let kind = RingKind(rawValue: entry.kind) else {
                throw refuse("rings[\(number)].kind", UInt64(entry.kind), "1 is delivery and 2 is return")
            }
            guard entry.reserved == 0 else {
                throw refuse("rings[\(number)].reserved", UInt64(entry.reserved), "it must be 0")
            }
            let layout = RingLayout(entry)
            do {
                try layout.validate(
                    mappingBytes: regionBytes, entryBytes: kind.entryBytes, entryAlignment: kind.entryAlignment)
            } catch {
                throw .layout(ring: number, error)
            }
            if let part = layout.parts.first(where: { part in taken.contains(where: part.overlaps) }) {
                throw .layout(
                    ring: number, LayoutError(part.field, part.offset, "it overlaps the header or another ring"))
            }
            taken += layout.parts
            rings.append((kind, layout))
        }
        self.rings = rings
        features = raw.features
    }

    /// Lays out rings behind a header: every word on a span of its own, entries on a span boundary.
    static func plan(_ specifications: [RingSpecification]) -> (raw: token_ring_region, byteCount: Int) {
        let span = UInt64(TOKEN_RING_SPAN)
        var end = UInt64(byteCount)
        func claim(_ length: UInt64) -> UInt64 {
            let start = (end + span - 1) / span * span
            end = start + length
            return start
        }
        var raw = token_ring_region()
        raw.magic = magic
        raw.header_bytes = UInt32(byteCount)
        raw.ring_count = UInt32(specifications.count)
        withUnsafeMutableBytes(of: &raw.rings) { bytes in
            let layouts = bytes.bindMemory(to: token_ring_layout.self)
            for (number, specification) in specifications.enumerated() {
                var layout = token_ring_layout()
                layout.kind = specification.kind.rawValue
                layout.entry_bytes = UInt32(specification.kind.entryBytes)
                layout.entries = specification.capacity
                layout.producer = claim(4)
                layout.consumer = claim(4)
                // Rarely written, so they share a span: both sides keep it in their caches.
                layout.producer_flags = claim(8)
                layout.consumer_flags = layout.producer_flags + 4
                layout.ring = claim(UInt64(specification.kind.entryBytes) * UInt64(specification.capacity))
                layouts[number] = layout
                if specification.kind == .delivery { raw.features |= deliveryFeature }
                if specification.publication == .slot { raw.features |= phaseFeature }
            }
        }
        let page: UInt64 = 4096
        raw.region_bytes = (end + page - 1) / page * page
        return (raw, Int(raw.region_bytes))
    }
}

extension RingLayout {
    /// The layout that a region's header gives for one ring.
    public init(_ layout: token_ring_layout) {
        self.init(
            producer: layout.producer, consumer: layout.consumer,
            producerFlags: layout.producer_flags, consumerFlags: layout.consumer_flags,
            entries: layout.ring, entryStride: layout.entry_bytes, capacity: layout.entries)
    }
}
