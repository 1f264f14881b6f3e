import CTokenRing
import Glibc

/// Memory that stays mapped as long as somebody refers to it.
public final class Mapping: Sendable {
    /// First byte.
    public nonisolated(unsafe) let base: UnsafeMutableRawPointer
    /// Size in bytes.
    public let byteCount: Int
    private let ownsMemory: Bool
    private let owner: (any AnyObject & Sendable)?

    /// Maps the first `byteCount` bytes of `file`, shared, readable and writable, and not inherited by a child:
    /// after a fork two processes would hold the same role (R15).
    ///
    /// - Parameters:
    ///   - offset: where in the file it begins; of a socket, which of its rings.
    ///   - populate: fault every page in now. Not for a file whose size a stranger chose.
    /// - Throws: `SystemCallError`.
    public convenience init(
        of file: OwnedDescriptor, byteCount: Int, offset: Int = 0, populate: Bool = false
    ) throws(SystemCallError) {
        // Open until the call is made: a class lives only to its last use.
        defer { withExtendedLifetime(file) {} }
        try self.init(
            byteCount: byteCount, flags: MAP_SHARED | (populate ? MAP_POPULATE : 0),
            descriptor: file.descriptor.rawValue, offset: offset)
    }

    /// Maps `byteCount` bytes of zeroed private memory, faulted in, such as a UMEM.
    ///
    /// - Throws: `SystemCallError`.
    public convenience init(anonymous byteCount: Int) throws(SystemCallError) {
        try self.init(byteCount: byteCount, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, descriptor: -1)
    }

    /// The same on pages of 2 MiB, `byteCount` rounded up to whole ones.
    ///
    /// - Throws: `SystemCallError`; ENOMEM if the system has not reserved as many (`vm.nr_hugepages`).
    public convenience init(hugePages byteCount: Int) throws(SystemCallError) {
        // MAP_HUGE_2MB: the page size's logarithm from bit 26 on.
        try self.init(
            byteCount: Self.hugePageBytes(for: byteCount),
            flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_HUGETLB | 21 << 26, descriptor: -1)
    }

    /// Bytes of the whole pages of 2 MiB that `byteCount` bytes need.
    static func hugePageBytes(for byteCount: Int) -> Int {
        let page = 2 << 20
        return (byteCount + page - 1) / page * page
    }

    private init(
        byteCount: Int, flags: Int32, descriptor: Int32, offset: Int = 0
    ) throws(SystemCallError) {
        let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, descriptor, offset)
        guard let address, address != MAP_FAILED else {
            throw SystemCallError("mmap", errno: errno, hint: "\(byteCount) bytes could not be mapped")
        }
        madvise(address, byteCount, MADV_DONTFORK)
        owner = nil
        base = address
        self.byteCount = byteCount
        ownsMemory = true
    }

    /// Memory that somebody else mapped and unmaps, such as libxdp's rings. It must outlive the last use:
    /// `owner`, if given, is kept alive until then.
    public init(
        borrowing base: UnsafeMutableRawPointer, byteCount: Int, keeping owner: (any AnyObject & Sendable)? = nil
    ) {
        self.owner = owner
        self.base = base
        self.byteCount = byteCount
        ownsMemory = false
    }

    deinit {
        if ownsMemory { munmap(base, byteCount) }
    }
}
