import CTokenRing

/// The CPUs of this host and what they share, as sysfs tells it.
public struct ProcessorProbe: Encodable, Sendable {
    /// One CPU that is online.
    public struct CPU: Encodable, Sendable {
        /// Its number.
        public let number: Int
        /// Whether this process may run on it.
        public let allowed: Bool
        /// CPUs of the same core, itself included (`topology/thread_siblings_list`).
        public let siblings: [Int]
        /// CPUs that share its last-level cache, itself included; empty if sysfs does not tell.
        public let sharesL3With: [Int]

        private enum CodingKeys: String, CodingKey {
            case number, allowed, siblings
            case sharesL3With = "shares_l3_with"
        }
    }

    /// Online CPUs by number.
    public let cpus: [CPU]
    /// Whether some two of them are hyperthreads of one core: pin the two sides of a ring to different cores.
    public let hasSiblings: Bool

    private enum CodingKeys: String, CodingKey {
        case cpus
        case hasSiblings = "has_siblings"
    }

    /// Reads sysfs.
    public init() {
        let folder = "/sys/devices/system/cpu"
        cpus = Self.list(HostFile.text("\(folder)/online") ?? "").map { number in
            let siblings = HostFile.text("\(folder)/cpu\(number)/topology/thread_siblings_list")
            let level = (0..<8).first { HostFile.text("\(folder)/cpu\(number)/cache/index\($0)/level") == "3" }
            let shared = level.flatMap { HostFile.text("\(folder)/cpu\(number)/cache/index\($0)/shared_cpu_list") }
            return CPU(
                number: number, allowed: ctr_cpu_allowed(CInt(clamping: number)) == 1,
                siblings: siblings.map(Self.list) ?? [number], sharesL3With: shared.map(Self.list) ?? [])
        }
        hasSiblings = cpus.contains { $0.siblings.count > 1 }
    }

    /// How near two CPUs are to each other, for a result of both.
    public func distance(from first: Int, to second: Int) -> String {
        guard let cpu = cpus.first(where: { $0.number == first }) else { return "unknown" }
        if first == second { return "the same CPU" }
        if cpu.siblings.contains(second) { return "two threads of one core" }
        if cpu.sharesL3With.contains(second) { return "two cores with one last-level cache" }
        return cpu.sharesL3With.isEmpty ? "two cores" : "two cores without a common cache"
    }

    /// The numbers of a kernel list such as "0-3,8"; empty for one that is none. At most 65536 numbers.
    public static func list(_ text: String) -> [Int] {
        var numbers: [Int] = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first >= 0,
                first <= last, last < 65536, numbers.count + (last - first) < 65536
            else { return [] }
            numbers += first...last
        }
        return numbers
    }
}
