import CRingBaselines
import Glibc
import TokenRing

/// Memory for two rings, there and back, which every implementation lays out anew in turn: they all run on the same
/// pages, so none is lucky with its caches.
final class RingArena: Sendable {
    let capacity: UInt32
    let entryBytes: UInt32
    private let mapping: Mapping
    private let bytesPerRing: Int

    init(capacity: UInt32, entryBytes: UInt32) throws(SystemCallError) {
        self.capacity = capacity
        self.entryBytes = entryBytes
        let pageBytes = 4096
        let used = Int(CRB_HEADER_BYTES) + Int(capacity) * Int(entryBytes)
        bytesPerRing = (used + pageBytes - 1) / pageBytes * pageBytes
        mapping = try Mapping(anonymous: 2 * bytesPerRing)
    }

    /// Makes every word and entry zero. No ring may be in use.
    func clear() { memset(mapping.base, 0, mapping.byteCount) }

    /// Where a baseline finds ring 0 or 1.
    func baselineRing(_ number: Int) -> crb_ring {
        crb_ring(base: mapping.base + number * bytesPerRing, capacity: capacity, entry_bytes: entryBytes)
    }

    /// Ring 0 or 1 as TokenRing lays it out, published by its producer index.
    func memory<Entry: BitwiseCopyable>(
        _ number: Int, of _: Entry.Type
    ) throws(LayoutError) -> MappedRingMemory<Entry> {
        try MappedRingMemory(mapping, layout: layout(number), of: Entry.self)
    }

    /// Ring 0 or 1 in the same place, published in its slots.
    func slotMemory<Entry: PhasedEntry & BitwiseCopyable>(
        _ number: Int, of _: Entry.Type
    ) throws(LayoutError) -> SlotPublishedMemory<Entry> {
        try SlotPublishedMemory(mapping, layout: layout(number), of: Entry.self)
    }

    /// Each index and each flags word on a span of its own.
    private func layout(_ number: Int) -> RingLayout {
        let start = UInt64(number * bytesPerRing)
        return RingLayout(
            producer: start, consumer: start + 128, producerFlags: start + 256, consumerFlags: start + 384,
            entries: start + UInt64(CRB_HEADER_BYTES), entryStride: entryBytes, capacity: capacity)
    }

    /// The word of the bare cache-line measurement, `line` spans from the start.
    func word(_ line: Int) -> UnsafeMutablePointer<UInt32> {
        (mapping.base + line * 128).assumingMemoryBound(to: UInt32.self)
    }
}
