import CTokenRing
import TokenRing
import TokenRingXDP

/// What `ringbench xdp rx` does.
public struct XDPReceiveConfiguration: Sendable {
    /// The interface's name.
    public var interface: String
    /// The receive queue.
    public var queue: UInt32 = 0
    /// How long, in nanoseconds; 0: until Ctrl-C.
    public var durationNanoseconds: Int64 = 10_000_000_000
    /// Ends after so many packets; nil: when the time is over.
    public var frames: UInt64?
    /// The receiver.
    public var options = XDPOptions()

    /// The defaults on an interface.
    public init(interface: String) { self.interface = interface }

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    public func check() throws(Failure) {
        _ = try options.checkedGeometry()
        guard queue < 4096 else { throw Failure(.usage, "--queue is \(queue): it must be 0 to 4095") }
    }

    /// The effective options by their long names.
    public var described: [String: String] {
        var all = options.described
        all["interface"] = interface
        all["queue"] = "\(queue)"
        all["duration"] = "\(durationNanoseconds / 1_000_000)ms"
        if let frames { all["frames"] = "\(frames)" }
        return all
    }
}

/// Receives on a queue of a real interface, counts, and returns each frame at once.
public enum XDPReceive {
    /// Receives until the time is over or Ctrl-C, in the calling thread's network namespace.
    ///
    /// - Throws: `Failure`: `.usage` for an option; `.privilege` naming the capability; `.unavailable` if there is no such
    ///   interface or queue, or zero copy was demanded and refused; `.invariantBroken` if the kernel delivered a frame that
    ///   it did not have; `.systemCall` otherwise.
    public static func run(
        configuration: XDPReceiveConfiguration, progress: Progress
    ) throws(Failure) -> XDPReceiveReport {
        try configuration.check()
        try Capability.require([.netAdmin, .netRaw, .bpf], for: "xdp rx")
        var receiver = try XDPReceiver(
            interface: configuration.interface, queue: configuration.queue, options: configuration.options)
        let pace: Pace
        do throws(SystemCallError) { pace = try Pace() } catch { throw Failure(error) }
        let window = XDPWindow(on: configuration.interface)
        var line = XDPLiveLine("xdp rx", progress, intervalNanoseconds: configuration.options.intervalNanoseconds)
        let seen: Seen
        if configuration.options.stampsArrival {
            var check = ResidenceCheck()
            seen = try receive(with: &receiver, &check, configuration, pace, &line, residence: \.times)
        } else {
            var check = CountingCheck()
            seen = try receive(with: &receiver, &check, configuration, pace, &line)
        }
        let surroundings = window.end(progress)
        guard receiver.violations.total == 0 else {
            throw Failure(
                .invariantBroken,
                "\(receiver.violations.badAddresses) descriptors pointed outside the UMEM and "
                    + "\(receiver.violations.doubledFrames) frames came that the kernel did not have; no number is printed"
            )
        }
        let statistics = try receiver.statistics()
        return XDPReceiveReport(
            evidence: .kernel, framesReceived: seen.packets, bytesReceived: seen.bytes,
            framesReturned: receiver.returnedFrames, framesLost: statistics.lostPackets,
            durationSeconds: Double(max(seen.nanoseconds, 1)) / 1e9,
            cpuNanosecondsPerFrame: Double(seen.cpuNanoseconds) / Double(max(seen.packets, 1)),
            batches: receiver.batches.percentiles, residence: seen.residence,
            calls: receiver.calls, wait: configuration.options.wait,
            mode: GrantedMode(receiver.socket.mode),
            attachMode: GrantedMode(receiver.attachMode), statistics: statistics, umem: receiver.account(),
            surroundings: surroundings)
    }

    /// What the receiving loop has seen.
    private struct Seen {
        let packets: UInt64
        let bytes: UInt64
        let nanoseconds: Int64
        let cpuNanoseconds: Int64
        let residence: LatencyHistogram?
    }

    private static func receive<Check: ByteCountingCheck>(
        with receiver: inout XDPReceiver, _ check: inout Check, _ configuration: XDPReceiveConfiguration, _ pace: Pace,
        _ line: inout XDPLiveLine, residence: KeyPath<Check, LatencyHistogram>? = nil
    ) throws(Failure) -> Seen {
        let start = ctr_monotonic_ns()
        let cpuStart = ctr_thread_cpu_ns()
        var now = start
        while !Interrupt.isRequested {
            let found = receiver.receive(check: &check, progress: pace.received)
            now = ctr_monotonic_ns()
            if line.isDue(at: now) { line.show(try sample(receiver, check), at: now) }
            if let frames = configuration.frames, check.received >= frames { break }
            if configuration.durationNanoseconds > 0, now - start >= configuration.durationNanoseconds { break }
            if !found { receiver.waitForPackets() }
        }
        let cpuNanoseconds = ctr_thread_cpu_ns() - cpuStart
        receiver.program.detach()
        while receiver.receive(check: &check, progress: pace.received) {}
        return Seen(
            packets: check.received, bytes: check.bytes, nanoseconds: now - start, cpuNanoseconds: cpuNanoseconds,
            residence: residence.map { check[keyPath: $0] })
    }

    private static func sample(
        _ receiver: borrowing XDPReceiver, _ check: some ByteCountingCheck
    ) throws(Failure) -> XDPLiveLine.Sample {
        try receiver.checkInterface()
        return XDPLiveLine.Sample(
            packets: check.received, bytes: check.bytes, batches: receiver.batches.batches, calls: receiver.calls,
            posted: receiver.ledger.kernelFrames(), frames: receiver.socket.geometry.frameCount,
            statistics: try receiver.statistics())
    }
}
