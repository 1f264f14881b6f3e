import CTokenRing
import Glibc

/// Where a number was measured.
public struct HostEnvironment: Encodable, Sendable {
    /// `uname -r`.
    public let kernelRelease: String
    /// `uname -m`.
    public let machine: String
    /// The kernel's command line.
    public let kernelCommandLine: String
    /// First "model name" of /proc/cpuinfo.
    public let cpuModel: String
    /// Family, model and stepping: under one name a hypervisor shows several CPUs.
    public let cpuIdentity: String
    /// CPUs this process may use.
    public let cpus: [Int]
    /// Whether the CPU says that it is virtual.
    public let hypervisor: Bool
    /// The clock that the kernel reads.
    public let clockSource: String
    /// State of each mitigation that is not "Not affected".
    public let mitigations: [String: String]
    /// Settings of the CPUs.
    public let tuning: ProcessorTuning
    /// The CPUs and what they share.
    public let topology: ProcessorProbe
    /// Bytes of memory.
    public let memoryBytes: Int
    /// How the network stack polls.
    let network = NetworkTuning()
    /// What the command measured on, by name; nil of a command that measures on no interface.
    private(set) var interfaces: [String: InterfaceEnvironment]?
    /// Of whom instructions can be counted (`EventCounter`), or why of nobody.
    let instructionCounter = EventCounter.instructionsFinding
    /// Libraries that the figures depend on, and which they are.
    public let libraries: [String: String]
    /// Load averages when the command started.
    public let loadAverage: String
    /// Compiler and optimisation of this binary.
    public let build: String
    /// The C compiler of the baselines, which is the one of the Swift toolchain, and whether it optimised.
    public let cCompiler: String
    /// The command line.
    public let arguments: [String]
    /// Seconds since 1970 when it was read.
    public let startedUnixSeconds: Int

    private enum CodingKeys: String, CodingKey {
        case kernelRelease = "kernel_release"
        case machine
        case kernelCommandLine = "kernel_command_line"
        case cpuModel = "cpu_model"
        case cpuIdentity = "cpu_identity"
        case cpus
        case hypervisor
        case clockSource = "clock_source"
        case mitigations, tuning, topology, network, interfaces, libraries
        case instructionCounter = "instruction_counter"
        case memoryBytes = "memory_bytes"
        case cCompiler = "c_compiler"
        case loadAverage = "load_average"
        case build
        case arguments
        case startedUnixSeconds = "started_unix_s"
    }

    /// Reads this host.
    public init() {
        var name = utsname()
        uname(&name)
        kernelRelease = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        machine = withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let processor = Self.text("/proc/cpuinfo")
        kernelCommandLine = Self.kernelParameters(of: Self.text("/proc/cmdline"))
        cpuModel = Self.field("model name", of: processor) ?? "unknown"
        cpuIdentity = [("cpu family", "family"), ("model", "model"), ("stepping", "stepping")]
            .map { "\($0.1) \(Self.field($0.0, of: processor) ?? "unknown")" }.joined(separator: ", ")
        cpus = (0..<1024).filter { ctr_cpu_allowed(CInt($0)) == 1 }
        hypervisor = processor.contains(" hypervisor")
        clockSource = Self.text("/sys/devices/system/clocksource/clocksource0/current_clocksource")
        let folder = "/sys/devices/system/cpu/vulnerabilities"
        var found: [String: String] = [:]
        for entry in HostFile.names(in: folder) {
            let state = Self.text("\(folder)/\(entry)")
            if state != "Not affected" { found[entry] = state }
        }
        mitigations = found
        tuning = ProcessorTuning(processor: processor)
        topology = ProcessorProbe()
        memoryBytes = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        libraries = LibraryProbe.versions
        cCompiler = String(cString: ctr_compiler())
        loadAverage = Self.text("/proc/loadavg")
        #if DEBUG
            let mode = "debug"
        #else
            let mode = "release"
        #endif
        #if compiler(>=6.3)
            build = "Swift 6.3 or later, \(mode)"
        #else
            build = "Swift before 6.3, \(mode)"
        #endif
        arguments = CommandLine.arguments
        startedUnixSeconds = time(nil)
    }

    /// The same, and the interfaces that were measured on.
    public func with(_ interfaces: [InterfaceEnvironment]) -> HostEnvironment {
        var environment = self
        environment.interfaces = Dictionary(interfaces.map { ($0.name, $0) }) { one, _ in one }
        return environment
    }

    /// One line for people.
    public var summary: String {
        "Linux \(kernelRelease) \(machine), \(cpuModel), \(cpus.count) CPUs\(hypervisor ? ", virtual machine" : "")"
    }

    /// The kernel's own parameters: which program is started first and with which words says nothing of a measurement.
    static func kernelParameters(of commandLine: String) -> String {
        commandLine.split(separator: " ").prefix { $0 != "--" }.filter {
            !$0.hasPrefix("init=") && !$0.hasPrefix("rdinit=")
        }
        .joined(separator: " ")
    }

    /// The first value of a key of /proc/cpuinfo.
    static func field(_ key: String, of processor: String) -> String? {
        for line in processor.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingPrefix(while: \.isWhitespace) }
            guard parts.count == 2, let name = parts.first, let value = parts.last else { continue }
            if name.prefix(while: { $0 != "\t" }) == key { return String(value) }
        }
        return nil
    }

    private static func text(_ path: String) -> String { HostFile.text(path) ?? "unknown" }
}
