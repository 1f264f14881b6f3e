import Glibc
import TokenRing

/// Returning over the binding's netlink socket (sources.md A18): the same work as SO_DEVMEM_DONTNEED, behind a message that is
/// copied into a buffer of its own and walked attribute by attribute.
enum NetlinkReturn {
    /// `struct nlmsghdr` and `struct genlmsghdr`, aligned.
    static let header = 20
    /// `struct nlattr`.
    static let attribute = 4

    /// The bytes of a message with these ranges, as user space builds it: one nested attribute a range would double the size,
    /// so an attribute holds the array, as SO_DEVMEM_DONTNEED does.
    public static func message(_ ranges: UnsafeRawBufferPointer) -> [UInt8] {
        let length = UInt32(header + attribute + ranges.count)
        var bytes = [UInt8](repeating: 0, count: Int(length))
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: length, as: UInt32.self)
            $0.storeBytes(of: UInt16(attribute + ranges.count), toByteOffset: header, as: UInt16.self)
            $0.storeBytes(of: 1, toByteOffset: header + 2, as: UInt16.self)
            $0[(header + attribute)...].copyBytes(from: ranges)
        }
        return bytes
    }

    /// - Returns: fragments taken back, or -errno.
    static func run(
        _ message: UnsafeRawBufferPointer, from owner: TokenOwner, bookkeeping: any TokenBookkeeping, faults: FaultPlan
    ) -> Int {
        // The skb that a release costs (sources.md C7).
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(message.count, 1), alignment: 8)
        defer { buffer.deallocate() }
        if faults.take(.tokenArray) { return -Int(ENOMEM) }
        buffer.copyMemory(from: message)
        guard message.count >= header + attribute else { return -Int(EINVAL) }
        let claimed = Int(buffer.loadUnaligned(fromByteOffset: header, as: UInt16.self))
        guard claimed >= attribute, header + claimed <= message.count else { return -Int(EINVAL) }
        let ranges = UnsafeRawBufferPointer(rebasing: buffer[(header + attribute)..<(header + claimed)])
        return DontNeed.run(ranges, from: owner, bookkeeping: bookkeeping, faults: faults)
    }
}
