import CTokenRing
import TokenRing
import TokenRingXDP

/// Numbered packets through the real kernel into a UMEM and back: every packet checked, every frame accounted for.
///
/// It makes its own two network namespaces and touches nothing else; when the process ends, however it ends, they are gone.
public enum XDPDemo {
    /// Runs the demo. Ctrl-C ends it early and the report says what was measured.
    ///
    /// - Throws: `Failure`: `.usage` for an option; `.privilege` naming the capability; `.unavailable` for what this host
    ///   lacks, forced zero copy included; `.invariantBroken` if a packet was changed, doubled, out of order or lost
    ///   without a counter that says why, or a frame is not where it must be; `.systemCall` otherwise.
    public static func run(
        configuration: XDPDemoConfiguration, progress: Progress
    ) throws(Failure) -> XDPReport {
        try configuration.check()
        try Capability.require([.netAdmin, .netRaw, .sysAdmin, .bpf], for: "xdp demo")
        progress.step("xdp demo: making two network namespaces with a wire between them")
        let wire = try VethPair()
        return try run(configuration: configuration, on: wire, progress: progress)
    }

    /// Runs the demo on a wire that exists.
    public static func run(
        configuration: XDPDemoConfiguration, on wire: VethPair, progress: Progress
    ) throws(Failure) -> XDPReport {
        try configuration.check()
        return try wire.receiver.run { () throws(Failure) in
            try receive(configuration: configuration, on: wire, progress: progress)
        }
    }

    /// First and last of the CPUs that this process may use.
    static func chosenCPUs() -> [Int] {
        let allowed = (0..<1024).filter { ctr_cpu_allowed(CInt($0)) == 1 }
        return [allowed.first ?? 0, allowed.last ?? 0]
    }

    private static func receive(
        configuration: XDPDemoConfiguration, on wire: VethPair, progress: Progress
    ) throws(Failure) -> XDPReport {
        let memory = try configuration.options.memory()
        var receiver = try XDPReceiver(
            interface: wire.receiverName, queue: 0, options: configuration.options, memory: memory.mapping,
            provide: configuration.framesProvided)
        let cpus = chosenCPUs()
        // Not pinned is slower, not wrong.
        _ = ctr_pin_thread(CInt(cpus[1]))
        let pace: Pace
        do throws(SystemCallError) { pace = try Pace() } catch { throw Failure(error) }
        let thread = try startSource(configuration, on: wire, receiver: receiver, cpu: cpus[0], pace: pace)
        return try receiveAll(
            configuration, from: thread, into: &receiver, on: memory, pace: pace, cpus: cpus, progress: progress)
    }

    /// Receives on the calling thread what the source sends, until it has ended, and checks the run.
    static func receiveAll(
        _ configuration: XDPDemoConfiguration, from thread: PinnedThread<Result<SourceResult, Failure>>,
        into receiver: inout XDPReceiver, on memory: PacketMemory, pace: Pace, cpus: [Int], progress: Progress
    ) throws(Failure) -> XDPReport {
        let window = XDPWindow(on: receiver.socket.interface.name)
        var run = DemoRun(configuration: configuration, pace: pace, on: receiver.socket.interface.name)
        let cpuStart = ctr_thread_cpu_ns()
        run.receiveAll(into: &receiver, progress: progress)
        let cpuNanoseconds = ctr_thread_cpu_ns() - cpuStart
        let surroundings = window.end(progress)
        pace.stop.storeRelease(1)
        let source = try thread.join().get()
        if let error = source.error { throw Failure(error) }
        // The program goes first: from here on nothing arrives, and the books are exact.
        receiver.program.detach()
        while receiver.receive(check: &run.check, progress: pace.received) > 0 {}
        return try run.report(
            source: source, receiver: &receiver, memory: memory, cpuNanoseconds: cpuNanoseconds, cpus: cpus,
            surroundings: surroundings)
    }

    /// Starts the thread that sends `configuration`'s packets to the receiver.
    static func startSource(
        _ configuration: XDPDemoConfiguration, on wire: VethPair, receiver: borrowing XDPReceiver, cpu: Int, pace: Pace
    ) throws(Failure) -> PinnedThread<Result<SourceResult, Failure>> {
        guard configuration.source == .live else {
            return try startWireSource(configuration, on: wire, cpu: cpu, pace: pace)
        }
        let frames = LiveFrames(
            through: receiver.program, from: receiver.socket.interface, queue: receiver.socket.queue)
        let source = LiveSource(frames: frames, copies: configuration.framesPerCall, flows: configuration.flows)
        return try start(configuration, in: wire.receiver, cpu: cpu, pace: pace) { () throws(Failure) in source }
    }

    /// The same for packets on the wire, whoever receives them.
    static func startWireSource(
        _ configuration: XDPDemoConfiguration, on wire: VethPair, cpu: Int, pace: Pace
    ) throws(Failure) -> PinnedThread<Result<SourceResult, Failure>> {
        let name = wire.senderName
        return try start(configuration, in: wire.sender, cpu: cpu, pace: pace) { () throws(Failure) in
            do throws(XDPError) {
                return WireSource(interface: try NetworkInterface(named: name), flows: configuration.flows)
            } catch {
                throw Failure(error)
            }
        }
    }

    private static func start(
        _ configuration: XDPDemoConfiguration, in namespace: NetworkNamespace, cpu: Int, pace: Pace,
        _ make: @escaping @Sendable () throws(Failure) -> any FrameSource
    ) throws(Failure) -> PinnedThread<Result<SourceResult, Failure>> {
        try namespace.start { () throws(Failure) in
            defer { pace.finished.storeRelease(1) }
            _ = ctr_pin_thread(CInt(cpu))
            return try make().send(
                frames: configuration.frames, bytes: configuration.packetBytes,
                window: configuration.effectiveWindow, pace: pace)
        }
    }
}
