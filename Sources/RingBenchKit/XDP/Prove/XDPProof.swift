import CTokenRing
import TokenRing
import TokenRingXDP

/// Shows of a pair of interfaces with a wire between them whether AF_XDP is without copies there, and that nothing is lost.
public struct XDPProof: Sendable {
    /// The interface that receives.
    public var interface: String
    /// The interface at the other end of the wire.
    public var peer: String
    /// The receive queue, from 0.
    public var queue: UInt32 = 0
    /// Packets for the count of written frames; no more than the driver's receive ring holds.
    public var probePackets: UInt32 = 256
    /// Packets that are received and checked.
    public var frames: UInt64 = 1_000_000
    /// Most packets on the way at once, no more than the driver's receive ring holds; nil: 192.
    public var windowFrames: UInt32?
    /// The receiver; the copy mode is zero copy unless it is copy.
    public var options = XDPOptions()

    /// The defaults for two interfaces.
    public init(interface: String, peer: String) {
        self.interface = interface
        self.peer = peer
        options.copyMode = .zeroCopy
    }

    /// What the traffic is: a closed loop, so that none may be lost.
    private var traffic: XDPDemoConfiguration {
        var configuration = XDPDemoConfiguration()
        configuration.frames = frames
        configuration.windowFrames = windowFrames
        configuration.options = options
        return configuration
    }

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    public func check() throws(Failure) {
        try traffic.check()
        guard interface != peer else {
            throw Failure(.usage, "--interface and --peer are both \(peer): they must be the two ends of a wire")
        }
        guard queue < 4096 else { throw Failure(.usage, "--queue is \(queue): it must be 0 to 4095") }
        guard (windowFrames ?? 1) > 0, (windowFrames ?? 1) <= options.ringSize else {
            throw Failure(
                .usage, "--window is \(windowFrames ?? 0): it must be 1 to \(options.ringSize), what the RX ring holds")
        }
        guard (1...4096).contains(probePackets) else {
            throw Failure(.usage, "--probe-packets is \(probePackets): it must be 1 to 4096")
        }
    }

    /// Runs the proof in the calling thread's network namespace. While it runs the packets of that queue do not reach the rest of
    /// the system.
    ///
    /// - Throws: `Failure`: `.usage` for an option; `.privilege` naming the capability; `.unavailable` if there is no such
    ///   interface or zero copy is refused; `.invariantBroken` if a packet was changed, doubled or lost, or a frame is not where
    ///   it must be; `.systemCall` otherwise.
    public func run(progress: Progress) throws(Failure) -> XDPProofReport {
        try check()
        try Capability.require([.netAdmin, .netRaw, .bpf], for: "xdp prove")
        let receiving = try Self.interface(named: interface)
        let sending = try Self.interface(named: peer)
        let listener: PacketListener
        do throws(SystemCallError) { listener = try PacketListener(on: receiving) } catch { throw Failure(error) }
        defer { withExtendedLifetime(listener) {} }
        let probe = DirtyFrames(
            interface: receiving, listener: listener, peer: sending, queue: queue, attachMode: options.attachMode,
            packets: probePackets)
        progress.step("xdp prove: which frames \(probePackets) packets write")
        let wanted = try probe.measure(options.copyMode, redirecting: false)
        let copied = try probe.measure(.copy, redirecting: false)
        let control = try probe.measure(.copy, redirecting: true)
        return XDPProofReport(
            probes: XDPProofReport.Probes(wanted: wanted, copy: copied, control: control),
            traffic: try receive(from: sending, progress: progress))
    }

    private func receive(from peer: NetworkInterface, progress: Progress) throws(Failure) -> XDPReport {
        let memory = try options.memory()
        var receiver = try XDPReceiver(interface: interface, queue: queue, options: options, memory: memory.mapping)
        let (pace, cpus, traffic) = (try makePace(), XDPDemo.chosenCPUs(), traffic)
        // Not pinned is slower, not wrong.
        _ = ctr_pin_thread(CInt(cpus[1]))
        let thread: PinnedThread<Result<SourceResult, Failure>>
        do throws(SystemCallError) {
            thread = try PinnedThread(cpu: cpus[0]) {
                defer { pace.finished.storeRelease(1) }
                return .success(
                    WireSource(interface: peer, flows: traffic.flows).send(
                        frames: traffic.frames, bytes: traffic.packetBytes, window: traffic.effectiveWindow, pace: pace)
                )
            }
        } catch {
            throw Failure(error)
        }
        return try XDPDemo.receiveAll(
            traffic, from: thread, into: &receiver, on: memory, pace: pace, cpus: cpus, progress: progress)
    }

    private static func interface(named name: String) throws(Failure) -> NetworkInterface {
        do throws(XDPError) { return try NetworkInterface(named: name) } catch { throw Failure(error) }
    }

    private func makePace() throws(Failure) -> Pace {
        do throws(SystemCallError) { return try Pace() } catch { throw Failure(error) }
    }
}
