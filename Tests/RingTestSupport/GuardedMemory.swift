import Glibc
import TokenRing

/// Zeroed memory between two pages that nobody may touch: an access outside kills the test with SIGSEGV instead of
/// reading a neighbour's bytes unseen.
///
/// Never unmapped: `Mapping` only borrows it, and a ring may outlive this value. A test process is short.
public struct GuardedMemory: Sendable {
    /// The memory; it ends where the forbidden page begins.
    public let mapping: Mapping

    private static let page = 4096

    /// Memory of `byteCount` bytes, a multiple of 8, that ends exactly at the guard.
    public init(byteCount: Int) throws(SystemCallError) {
        let inner = (byteCount + Self.page - 1) / Self.page * Self.page
        let address = mmap(nil, inner + 2 * Self.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else { throw SystemCallError("mmap", errno: errno) }
        guard mprotect(address + Self.page, inner, PROT_READ | PROT_WRITE) == 0 else {
            throw SystemCallError("mprotect", errno: errno)
        }
        mapping = Mapping(borrowing: address + Self.page + (inner - byteCount), byteCount: byteCount)
    }
}

/// A ring of `UInt64` in guarded memory, its entries last, with both roles and all words at hand.
public struct GuardedRing {
    /// Where the ring lies.
    public let layout: RingLayout
    private let memory: GuardedMemory

    /// A ring of `capacity` entries, both indices at `start`.
    public init(capacity: UInt32, start: UInt32 = 0) throws {
        let entries: UInt64 = 512
        layout = RingLayout(
            producer: 0, consumer: 128, producerFlags: 256, consumerFlags: 384, entries: entries, entryStride: 8,
            capacity: capacity)
        memory = try GuardedMemory(byteCount: Int(entries) + Int(capacity) * 8)
        word(.producer).storeRelease(start)
        word(.consumer).storeRelease(start)
    }

    /// One of the shared words, to look at or to lie with.
    public func word(_ word: RingWord) -> SharedWord { memory.mapping.word(word, of: layout) }

    /// The ring's memory as the ring uses it.
    public func ringMemory() throws(LayoutError) -> MappedRingMemory<UInt64> {
        try MappedRingMemory(memory.mapping, layout: layout)
    }

    /// The producer's end.
    public func producer() throws(LayoutError) -> ProducerRing<MappedRingMemory<UInt64>> {
        ProducerRing(memory: try ringMemory())
    }

    /// The consumer's end.
    public func consumer() throws(LayoutError) -> ConsumerRing<MappedRingMemory<UInt64>> {
        ConsumerRing(memory: try ringMemory())
    }
}
