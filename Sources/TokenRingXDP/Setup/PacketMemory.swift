import CTokenRing
import Glibc
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
    }

    /// The pages, mapped here.
    public let mapping: Mapping
    /// The file behind `.shared`, its size sealed; hand it over as a descriptor.
    public let file: OwnedDescriptor?
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
        switch backing {
        case .anonymous:
            (mapping, file) = (try Mapping(anonymous: byteCount), nil)
            (granted, reason) = (.anonymous, "private pages were asked for")
        case .shared:
            let memory = try OwnedDescriptor(ctr_memfd_create_sealable("umem"), of: "memfd_create")
            guard ftruncate(memory.descriptor.rawValue, byteCount) == 0 else {
                throw SystemCallError("ftruncate", errno: errno, hint: "\(byteCount) bytes of shared memory")
            }
            // Nobody who is handed the file may cut it under the kernel's or a reader's feet.
            try SystemCallError.check(ctr_seal_size(memory.descriptor.rawValue), "fcntl(F_ADD_SEALS)")
            (mapping, file) = (try Mapping(of: memory, byteCount: byteCount, populate: true), memory)
            (granted, reason) = (.shared, "a sealed memfd")
        case .hugePages:
            file = nil
            do throws(SystemCallError) {
                (mapping, granted) = (try Mapping(hugePages: byteCount), .hugePages)
                reason = "\(mapping.byteCount >> 21) pages of 2 MiB"
            } catch {
                guard error.errno == .noMemory else { throw error }
                (mapping, granted) = (try Mapping(anonymous: byteCount), .anonymous)
                let pages = (byteCount + (2 << 20) - 1) >> 21
                reason =
                    "no huge pages, \(error.errno): \(pages) of 2 MiB are needed; reserve them with vm.nr_hugepages"
            }
        }
    }
}
