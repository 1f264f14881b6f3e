import TokenRingXDP

/// One line of "what runs here".
public struct Workload: Encodable, Sendable {
    /// What it is asked for by.
    public let feature: ProbeFeature
    /// The command, as the user types it.
    public let command: String
    /// Whether everything that could be checked beforehand is there.
    public let runs: Bool
    /// Where it runs or how; or, in one sentence each, what is missing and what would help.
    public let remarks: [String]

    /// A workload that runs when nothing is `missing`; `remark` says how.
    init(_ feature: ProbeFeature, _ command: String, missing: [String], remark: String = "") {
        self.feature = feature
        self.command = command
        runs = missing.isEmpty
        remarks = missing.isEmpty ? (remark.isEmpty ? [] : [remark]) : missing
    }
}

extension HostProbe {
    /// What runs here, one entry for each feature.
    public var workloads: [Workload] {
        let usable = processors.cpus.filter(\.allowed).count
        let twoCPUs = usable > 1 ? [] : ["Only one CPU may be used: the two sides of a ring would take turns on it."]
        let calls = [kernel.devmemDontneed, kernel.ioUring].compactMap { trial in
            trial.works ? nil : "Without \(trial.name): \(trial.reason ?? "unknown")."
        }
        let sockets = lacking([.netRaw], kernel.xdpSocket) + lacking([.bpf, .netAdmin], kernel.bpfProgram)
        let candidates = interfaces.map(\.capabilities).filter { $0.driver.value != "loopback" }
        let native = candidates.filter { $0.features.value?.isSuperset(of: [.basic, .redirect]) ?? false }
        let zeroCopy = candidates.filter(\.offersZeroCopy)
        let anywhere = candidates.isEmpty ? ["There is no interface but lo in this network namespace."] : []
        return [
            Workload(.ring, "ring", missing: twoCPUs, remark: "Two CPUs of \(usable)\(sharing)."),
            // Runs anyway: what the kernel refuses is missing from its tables, with the reason.
            Workload(
                .evaluate, "evaluate", missing: [],
                remark: calls.isEmpty ? "All system calls are measured live." : calls.joined(separator: " ")),
            Workload(
                .xdp, "xdp demo", missing: sockets + lacking([.sysAdmin], kernel.networkNamespace),
                remark: "On a veth pair in a namespace of its own."),
            Workload(
                .xdpCopy, "xdp rx (copy)", missing: sockets + anywhere,
                remark: Self.copyRemark(candidates, native: native)),
            Workload(
                .zeroCopy, "xdp rx (zero copy)", missing: sockets + Self.zeroCopyLack(candidates, zeroCopy: zeroCopy),
                remark: "Offered by \(Self.names(zeroCopy)); the bind decides."),
            Workload(.bpf, "BPF programs", missing: lacking([.bpf, .netAdmin], kernel.bpfProgram)),
            Workload(.netns, "network namespaces", missing: lacking([.sysAdmin], kernel.networkNamespace)),
            Workload(.ioUring, "io_uring", missing: lacking([], kernel.ioUring)),
            Workload(
                .dontneed, "SO_DEVMEM_DONTNEED", missing: lacking([], kernel.devmemDontneed),
                remark: "The call is known; tokens need a NIC with unreadable memory."),
            Workload(
                .hugepages, "huge pages",
                missing: hugePages.contains { $0.free > 0 }
                    ? [] : ["No huge page is free: write a number to /proc/sys/vm/nr_hugepages."]),
        ]
    }

    private var sharing: String {
        let cpus = processors.cpus.filter(\.allowed)
        let cores = Set(cpus.map(\.siblings)).count
        if cores < 2, cpus.count > 1 { return ", all of them hyperthreads of one core" }
        return Set(cpus.map(\.sharesL3With)).count == 1 && cpus.first?.sharesL3With.isEmpty == false
            ? ", which share one last-level cache" : ""
    }

    /// Nothing if the trial worked; else the capability that is missing, or what the kernel said.
    private func lacking(_ capabilities: [Capability], _ trial: KernelProbe.Trial) -> [String] {
        guard !trial.works else { return [] }
        let missing = capabilities.filter { privileges.absent.contains($0.name) }.map(\.name)
        if !missing.isEmpty {
            return ["\(trial.name): run as root or with \(missing.joined(separator: " and "))."]
        }
        return ["\(trial.name): \(trial.reason ?? "refused")."]
    }

    private static func names(_ interfaces: [InterfaceCapabilities]) -> String {
        interfaces.map { "\($0.name) (\($0.driver.value ?? "unknown driver"))" }.joined(separator: ", ")
    }

    private static func copyRemark(_ all: [InterfaceCapabilities], native: [InterfaceCapabilities]) -> String {
        let generic = all.filter { interface in !native.contains(interface) }
        return (native.isEmpty ? "" : "Native mode on \(names(native)). ")
            + (generic.isEmpty ? "" : "Generic (skb) mode on \(names(generic)).")
    }

    private static func zeroCopyLack(_ all: [InterfaceCapabilities], zeroCopy: [InterfaceCapabilities]) -> [String] {
        if !zeroCopy.isEmpty { return [] }
        if all.isEmpty { return ["There is no interface but lo in this network namespace."] }
        if let reason = all.compactMap(\.features.reason).first {
            return ["No driver is known to offer it: \(reason)."]
        }
        return ["No driver here offers it (\(names(all))): a NIC whose driver has xsk-zerocopy would."]
    }
}
