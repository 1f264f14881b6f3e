/// How much memory this host can still give.
enum HostMemory {
    /// `MemAvailable` of /proc/meminfo, in bytes; nil where it cannot be read.
    static var availableBytes: Int? {
        guard let text = HostFile.text("/proc/meminfo") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }
}
