import TokenRing
import TokenRingXDP

/// What this host can do, for `ringbench probe`. Everything is tried or read now; nothing is left behind.
public struct HostProbe: Encodable, Sendable {
    /// Kernel release, processor and build.
    public let environment: HostEnvironment
    /// CPUs and what they share.
    public let processors: ProcessorProbe
    /// Capabilities and locked memory.
    public let privileges: PrivilegeProbe
    /// What the kernel does.
    public let kernel: KernelProbe
    /// libxdp and libbpf.
    public let libraries: [LibraryProbe]
    /// Huge pages of each size.
    public let hugePages: [HugePageProbe]
    /// The interfaces of this network namespace.
    public let interfaces: [InterfaceProbe]
    /// Why there are no interfaces; nil if they could be listed.
    public let interfacesUnknown: String?

    /// Probes the host and the network namespace of the calling thread. Takes some milliseconds.
    public init(environment: HostEnvironment = HostEnvironment()) {
        self.environment = environment
        processors = ProcessorProbe()
        privileges = PrivilegeProbe()
        kernel = KernelProbe()
        libraries = [.libxdp, .libbpf]
        hugePages = HugePageProbe.all()
        do {
            interfaces = try InterfaceCapabilities.all().map(InterfaceProbe.init)
            interfacesUnknown = nil
        } catch {
            interfaces = []
            interfacesUnknown = error.description
        }
    }

    /// Ends quietly if every one of `features` is there.
    ///
    /// - Throws: `Failure` of kind `unavailable` that names each one that is not, and what it lacks.
    public func require(_ features: [ProbeFeature]) throws(Failure) {
        let lacking = workloads.filter { features.contains($0.feature) && !$0.runs }
        guard !lacking.isEmpty else { return }
        let sentences = lacking.map { "\($0.feature.rawValue): \($0.remarks.joined(separator: " "))" }
        throw Failure(.unavailable, "this host lacks " + sentences.joined(separator: " "))
    }

    /// Snake-case keys. The environment is not repeated: the result document has it.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "kernel_release": environment.kernelRelease, "processors": processors, "privileges": privileges,
            "kernel": kernel, "libraries": libraries, "huge_pages": hugePages, "interfaces": interfaces,
            "interfaces_unknown": interfacesUnknown, "workloads": workloads,
        ])
    }
}
