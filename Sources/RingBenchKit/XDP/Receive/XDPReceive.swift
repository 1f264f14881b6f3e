import TokenRing
import TokenRingXDP

/// What `ringbench xdp rx` does.
public struct XDPReceiveConfiguration: XDPRunConfiguration {
    /// The interface's name.
    public var interface: String
    /// The receive queues.
    public var queues: [UInt32] = [0]
    /// Whether several queues share a UMEM.
    public var sharesUMEM = false
    /// How long.
    public var limit = XDPRunLimit()
    /// The sockets.
    public var options = XDPOptions()

    /// The defaults on an interface.
    public init(interface: String) { self.interface = interface }

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    public func check() throws(Failure) {
        _ = try options.checkedGeometry()
        try limit.check()
        for queue in queues { try Self.checkQueue("--queue", queue) }
        guard Set(queues).count == queues.count else {
            throw Failure(.usage, "--queue names a queue twice: a queue has one socket here")
        }
        guard sharesUMEM == (queues.count > 1) else {
            throw Failure(
                .usage,
                sharesUMEM
                    ? "--shared-umem is for several queues: name them, such as -q 0-1"
                    : "--queue names \(queues.count) queues: they share a UMEM, so say -M as well")
        }
        guard queues.count <= Int(options.umemFrames) else {
            throw Failure(
                .usage, "--umem-frames is \(options.umemFrames): each of \(queues.count) queues needs at least one")
        }
    }

    /// The effective options by their long names.
    public var described: [String: String] {
        var all = options.described.merging(limit.described) { $1 }
        all["interface"] = interface
        all["queue"] = queues.map { "\($0)" }.joined(separator: ",")
        all["shared-umem"] = "\(sharesUMEM)"
        return all
    }
}

/// Receives on queues of a real interface, counts, and returns each frame at once.
public enum XDPReceive {
    /// Receives until the limit is reached or Ctrl-C, in the calling thread's network namespace.
    ///
    /// - Throws: `Failure`: `.usage` for an option; `.privilege` naming the capability; `.unavailable` if there is no such
    ///   interface or queue, one goes away, or zero copy was demanded and refused; `.invariantBroken` if the kernel delivered
    ///   a frame that it did not have, or one of another queue; `.systemCall` otherwise.
    public static func run(
        configuration: XDPReceiveConfiguration, progress: Progress
    ) throws(Failure) -> XDPRunReport<ReceivedPackets> {
        try configuration.check()
        try Capability.require([.netAdmin, .netRaw, .bpf], for: "xdp rx")
        return configuration.options.stampsArrival
            ? try run(configuration, progress, ResidenceCheck()) { $0.times }
            : try run(configuration, progress, CountingCheck()) { _ in nil }
    }

    private static func run<Check: ByteCountingCheck>(
        _ configuration: XDPReceiveConfiguration, _ progress: Progress, _ check: Check,
        residence: (Check) -> LatencyHistogram?
    ) throws(Failure) -> XDPRunReport<ReceivedPackets> {
        var queues = try ReceiveQueues(configuration, check)
        let times = try queues.run("xdp rx", configuration, progress)
        return try queues.report(times, residence: residence(queues.check))
    }
}
