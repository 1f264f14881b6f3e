import CRingBaselines
import CTokenRing
import Glibc
import TokenRing

/// Memory for two rings, there and back, which every implementation lays out anew in turn: they all run on the same
/// pages, so none is lucky with its caches.
final class RingArena: Sendable {
    let capacity: UInt32
    let entryBytes: UInt32
    /// What another process maps.
    let file: OwnedDescriptor
    private let mapping: Mapping
    private let bytesPerRing: Int

    /// Room for whichever of `contenders` needs most.
    convenience init(
        capacity: UInt32, entryBytes: UInt32, for contenders: [RingContender]
    ) throws(SystemCallError) {
        let file = try OwnedDescriptor(ctr_memfd_create_sealable("rings"), of: "memfd_create")
        let bytes = Self.bytesPerRing(capacity, entryBytes, contenders) * 2 + Self.pageBytes
        guard ftruncate(file.descriptor.rawValue, off_t(bytes)) == 0 else {
            throw SystemCallError("ftruncate", errno: errno, hint: "\(bytes) bytes for two rings")
        }
        try self.init(attached: file, capacity: capacity, entryBytes: entryBytes, for: contenders)
    }

    /// The rings of another process, with what it made them for.
    init(
        attached file: OwnedDescriptor, capacity: UInt32, entryBytes: UInt32, for contenders: [RingContender]
    ) throws(SystemCallError) {
        self.file = file
        self.capacity = capacity
        self.entryBytes = entryBytes
        bytesPerRing = Self.bytesPerRing(capacity, entryBytes, contenders)
        mapping = try Mapping(of: file, byteCount: 2 * bytesPerRing + Self.pageBytes, populate: true)
    }

    private static let pageBytes = 4096

    private static func bytesPerRing(_ capacity: UInt32, _ entryBytes: UInt32, _ contenders: [RingContender]) -> Int {
        let own = Int(CRB_HEADER_BYTES) + Int(capacity) * Int(entryBytes)
        let used = contenders.map { $0.ringBytes(capacity, entryBytes) }.reduce(own, max)
        return (used + pageBytes - 1) / pageBytes * pageBytes
    }

    /// Where the processes meet: the page behind the rings.
    var meeting: RingMeeting { RingMeeting(at: mapping.base + 2 * bytesPerRing) }

    /// Makes every word and entry zero. No ring may be in use.
    func clear() { memset(mapping.base, 0, 2 * bytesPerRing) }

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
