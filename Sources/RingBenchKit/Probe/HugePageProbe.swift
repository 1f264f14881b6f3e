/// Huge pages of one size that the kernel keeps apart.
public struct HugePageProbe: Encodable, Sendable {
    /// Size of one, in bytes.
    public let pageBytes: Int
    /// How many are configured.
    public let configured: Int
    /// How many of these are free.
    public let free: Int

    private enum CodingKeys: String, CodingKey {
        case pageBytes = "page_bytes"
        case configured, free
    }

    /// Every size that this kernel has, from sysfs.
    public static func all() -> [HugePageProbe] {
        let folder = "/sys/kernel/mm/hugepages"
        return HostFile.names(in: folder).compactMap { name in
            guard name.hasPrefix("hugepages-"), name.hasSuffix("kB"), let size = Int(name.dropFirst(10).dropLast(2))
            else {
                return nil
            }
            let (configured, free) = (
                HostFile.text("\(folder)/\(name)/nr_hugepages"), HostFile.text("\(folder)/\(name)/free_hugepages")
            )
            return HugePageProbe(
                pageBytes: size * 1024, configured: configured.flatMap { Int($0) } ?? 0,
                free: free.flatMap { Int($0) } ?? 0)
        }.sorted { $0.pageBytes < $1.pageBytes }
    }
}
