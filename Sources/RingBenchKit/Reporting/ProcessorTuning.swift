import CTokenRing

/// What decides how fast a CPU of this host runs, and how steadily. "none" where the kernel has no such setting.
public struct ProcessorTuning: Encodable, Sendable {
    /// Microcode revision; a virtual machine may be told a wrong one.
    public let microcode: String
    /// Whether the time-stamp counter goes on evenly in every state of the CPU.
    public let hasInvariantCounter: Bool
    /// Governor of the first CPU's frequency.
    public let governor: String
    /// Whether the CPU may go above its nominal frequency.
    public let boost: String
    /// Whether a core has several hardware threads in use.
    public let simultaneousThreads: String
    /// CPUs that the scheduler leaves alone.
    public let isolatedCPUs: String
    /// CPUs without a timer tick.
    public let ticklessCPUs: String
    /// When memory comes in huge pages without being asked for.
    public let transparentHugePages: String
    /// NUMA nodes that are online.
    public let nodes: String
    /// Who runs this virtual machine, as CPUID says.
    public let hypervisorName: String

    private enum CodingKeys: String, CodingKey {
        case microcode, governor, boost
        case hasInvariantCounter = "invariant_tsc"
        case simultaneousThreads = "smt"
        case isolatedCPUs = "isolated_cpus"
        case ticklessCPUs = "nohz_full_cpus"
        case transparentHugePages = "transparent_huge_pages"
        case nodes = "numa_nodes"
        case hypervisorName = "hypervisor_name"
    }

    /// Reads /proc/cpuinfo, given as `processor`, and sysfs.
    init(processor: String) {
        let folder = "/sys/devices/system/cpu"
        microcode = HostEnvironment.field("microcode", of: processor) ?? "none"
        hasInvariantCounter = processor.contains(" constant_tsc") && processor.contains(" nonstop_tsc")
        governor = Self.setting("\(folder)/cpu0/cpufreq/scaling_governor")
        if let stopped = HostFile.text("\(folder)/intel_pstate/no_turbo") {
            boost = stopped == "0" ? "1" : "0"
        } else {
            boost = Self.setting("\(folder)/cpufreq/boost")
        }
        simultaneousThreads = Self.setting("\(folder)/smt/active")
        isolatedCPUs = Self.setting("\(folder)/isolated")
        ticklessCPUs = Self.setting("\(folder)/nohz_full")
        transparentHugePages = Self.setting("/sys/kernel/mm/transparent_hugepage/enabled")
        nodes = Self.setting("/sys/devices/system/node/online")
        hypervisorName = String(cString: ctr_hypervisor_name())
    }

    private static func setting(_ path: String) -> String {
        HostFile.text(path).flatMap { $0.isEmpty ? nil : $0 } ?? "none"
    }
}
