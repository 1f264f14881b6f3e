import CTokenRing
import Glibc

/// Memory that other processes map by its descriptor, and whose size nobody can change: none of them loses a page under its feet.
public struct SealedMemory: Sendable {
    /// A memfd; hand it over.
    public let file: OwnedDescriptor
    /// All of it, readable and writable, faulted in.
    public let mapping: Mapping

    /// Makes `byteCount` zeroed bytes.
    ///
    /// - Parameters:
    ///   - name: what /proc calls it.
    ///   - hugePages: on pages of 2 MiB, `byteCount` rounded up to whole ones.
    /// - Throws: `SystemCallError`; ENOMEM, with `hugePages` also if the system has not reserved as many (`vm.nr_hugepages`).
    public init(_ name: String, byteCount: Int, hugePages: Bool = false) throws(SystemCallError) {
        let size = hugePages ? Mapping.hugePageBytes(for: byteCount) : byteCount
        file = try OwnedDescriptor(
            hugePages ? ctr_memfd_create_huge(name) : ctr_memfd_create_sealable(name), of: "memfd_create")
        guard ftruncate(file.descriptor.rawValue, size) == 0 else {
            throw SystemCallError("ftruncate", errno: errno, hint: "\(size) bytes of shared memory are needed")
        }
        try SystemCallError.check(ctr_seal_size(file.descriptor.rawValue), "fcntl(F_ADD_SEALS)")
        mapping = try Mapping(of: file, byteCount: size, populate: true)
    }
}
