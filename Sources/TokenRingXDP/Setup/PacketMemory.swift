import TokenRing

/// Memory for a UMEM, and what became of the wish for it.
public struct PacketMemory: Sendable {
    /// What the pages are.
    public enum Backing: String, Hashable, Sendable, CaseIterable {
        /// Private pages of the usual size.
        case anonymous
        /// Private pages of 2 MiB: fewer TLB misses, and contiguous memory for unaligned frames over a page's end.
        case hugePages = "huge_pages"
        /// A memfd that another process can map: it reads packets where the kernel wrote them.
        case shared
        /// Both.
        case sharedHugePages = "shared_huge_pages"

        /// What will do where there are no huge pages.
        fileprivate var onUsualPages: Self? {
            switch self {
            case .anonymous, .shared: nil
            case .hugePages: .anonymous
            case .sharedHugePages: .shared
            }
        }
    }

    /// The pages, mapped here.
    public let mapping: Mapping
    /// The memfd of shared ones.
    public let shared: SealedMemory?
    /// What was asked for.
    public let requested: Backing
    /// What it is.
    public let granted: Backing
    /// Why it is so; one sentence.
    public let reason: String

    /// Maps `byteCount` bytes. Where no huge pages are to be had the pages are of the usual size, and `reason` says so.
    ///
    /// - Throws: `SystemCallError`; ENOMEM.
    public init(_ backing: Backing, byteCount: Int) throws(SystemCallError) {
        requested = backing
        do throws(SystemCallError) {
            (mapping, shared) = try Self.map(backing, byteCount)
            (granted, reason) = (backing, Self.description(of: backing, mapping))
        } catch {
            guard let usual = backing.onUsualPages, error.errno == .noMemory else { throw error }
            (mapping, shared) = try Self.map(usual, byteCount)
            granted = usual
            let pages = (byteCount + (2 << 20) - 1) >> 21
            reason = "no huge pages, \(error.errno): \(pages) of 2 MiB are needed; reserve them with vm.nr_hugepages"
        }
    }

    private static func map(
        _ backing: Backing, _ byteCount: Int
    ) throws(SystemCallError) -> (Mapping, SealedMemory?) {
        switch backing {
        case .anonymous: return (try Mapping(anonymous: byteCount), nil)
        case .hugePages: return (try Mapping(hugePages: byteCount), nil)
        case .shared, .sharedHugePages:
            let memory = try SealedMemory("umem", byteCount: byteCount, hugePages: backing == .sharedHugePages)
            return (memory.mapping, memory)
        }
    }

    private static func description(of backing: Backing, _ mapping: Mapping) -> String {
        switch backing {
        case .anonymous: "private pages were asked for"
        case .shared: "a sealed memfd"
        case .hugePages: "\(mapping.byteCount >> 21) pages of 2 MiB"
        case .sharedHugePages: "a sealed memfd of \(mapping.byteCount >> 21) pages of 2 MiB"
        }
    }
}
