import Glibc
import SystemPackage

/// Which physical pages lie behind a process's addresses, from /proc/PID/pagemap. Page frame numbers are for CAP_SYS_ADMIN; others
/// read zeros.
enum PageMap {
    private static let pageBytes = 4096
    /// Bits 0 to 54 of a present page's entry (Documentation/admin-guide/mm/pagemap.rst).
    private static let frameBits: UInt64 = 1 << 55 - 1
    private static let present: UInt64 = 1 << 63

    /// How many of `count` pages from `address` on in process `one` are physically those from `other.address` on in the other
    /// process. Nil if it cannot be known.
    static func sharedPages(
        _ one: (process: pid_t, address: UInt64), _ other: (process: pid_t, address: UInt64), count: Int
    ) -> Int? {
        guard let left = entries(one.process, one.address, count), let right = entries(other.process, other.address, count)
        else { return nil }
        let pairs = zip(left, right).filter { $0 & present != 0 && $1 & present != 0 }
        // All present and all zero: we may not know.
        guard pairs.isEmpty || pairs.contains(where: { $0.0 & frameBits != 0 }) else { return nil }
        return pairs.filter { $0 & frameBits == $1 & frameBits }.count
    }

    private static func entries(_ process: pid_t, _ address: UInt64, _ count: Int) -> [UInt64]? {
        guard let file = try? FileDescriptor.open("/proc/\(process)/pagemap", .readOnly) else { return nil }
        defer { try? file.close() }
        var entries = [UInt64](repeating: 0, count: count)
        let offset = Int64(address) / Int64(pageBytes) * 8
        let read = entries.withUnsafeMutableBytes { try? file.read(fromAbsoluteOffset: offset, into: $0) }
        return read == count * 8 ? entries : nil
    }
}
