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

    /// Ring 0 or 1 as TokenRing lays it out: each index and each flags word on a span of its own.
    func memory<Entry: BitwiseCopyable>(
        _ number: Int, of _: Entry.Type
    ) throws(LayoutError) -> MappedRingMemory<Entry> {
        let start = UInt64(number * bytesPerRing)
        let layout = RingLayout(
            producer: start, consumer: start + 128, producerFlags: start + 256, consumerFlags: start + 384,
            entries: start + UInt64(CRB_HEADER_BYTES), entryStride: entryBytes, capacity: capacity)
        return try MappedRingMemory(mapping, layout: layout, of: Entry.self)
    }

    /// The word of the bare cache-line measurement, `line` spans from the start.
    func word(_ line: Int) -> UnsafeMutablePointer<UInt32> {
        (mapping.base + line * 128).assumingMemoryBound(to: UInt32.self)
    }
}
