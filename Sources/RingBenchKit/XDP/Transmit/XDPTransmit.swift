import TokenRing
import TokenRingXDP

/// What `ringbench xdp tx` does.
public struct XDPTransmitConfiguration: XDPRunConfiguration {
    /// The interface's name.
    public var interface: String
    /// The queue that sends.
    public var queue: UInt32 = 0
    /// How long.
    public var limit = XDPRunLimit()
    /// Bytes of each packet, without the frame check sequence.
    public var packetBytes: UInt32 = 64
    /// Source addresses that packets come from in turn.
    public var flows: UInt32 = 64
    /// Packets per second; 0: as fast as they go.
    public var packetsPerSecond: UInt64 = 0
    /// The socket.
    public var options = XDPOptions()

    /// The defaults on an interface.
    public init(interface: String) { self.interface = interface }

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    public func check() throws(Failure) {
        let geometry = try options.checkedGeometryToSend()
        let most = min(NumberedFrame.mostBytes, geometry.chunkBytes)
        guard (NumberedFrame.leastBytes...most).contains(packetBytes) else {
            throw Failure(
                .usage, "--packet-size is \(packetBytes): it must be \(NumberedFrame.leastBytes) to \(most) bytes")
        }
        guard (1...NumberedFrame.mostFlows).contains(flows) else {
            throw Failure(.usage, "--flows is \(flows): it must be 1 to \(NumberedFrame.mostFlows)")
        }
        try limit.check()
        guard packetsPerSecond <= 1_000_000_000 else {
            throw Failure(.usage, "--rate is \(packetsPerSecond): at most 1000000000, 0 for no limit")
        }
        try Self.checkQueue("--queue", queue)
    }

    /// The effective options by their long names.
    public var described: [String: String] {
        var all = options.described.merging(limit.described) { $1 }
        all["interface"] = interface
        all["queue"] = "\(queue)"
        all["packet-size"] = "\(packetBytes)"
        all["flows"] = "\(flows)"
        all["rate"] = "\(packetsPerSecond)"
        return all
    }
}

/// Sends numbered packets through TX of a queue and takes each frame back through COMPLETION.
public enum XDPTransmit {
    /// Sends until the limit is reached or Ctrl-C, in the calling thread's network namespace.
    ///
    /// - Throws: `Failure`: `.usage` for an option; `.privilege` naming the capability; `.unavailable` if there is no such
    ///   interface or queue, or it goes away; `.invariantBroken` if a frame does not come back once; `.systemCall` otherwise.
    public static func run(
        configuration: XDPTransmitConfiguration, progress: Progress
    ) throws(Failure) -> XDPRunReport<SentPackets> {
        try configuration.check()
        try Capability.require([.netRaw], for: "xdp tx")
        var sender = try XDPSender(configuration)
        return try sender.report(try sender.run("xdp tx", configuration, progress))
    }
}

/// What `ringbench xdp tx` sent.
public struct SentPackets: Encodable, Sendable {
    /// Packets put into TX.
    public let framesQueued: UInt64
    /// Frames that came back through COMPLETION: the kernel has sent them.
    public let framesSent: UInt64
    /// Frames that did not come back before the end; the driver has them.
    public let framesOutstanding: UInt32
    /// Bytes of what was sent, without the frame check sequence.
    public let bytesSent: UInt64

    private enum CodingKeys: String, CodingKey {
        case framesQueued = "frames_queued"
        case framesSent = "frames_sent"
        case framesOutstanding = "frames_outstanding"
        case bytesSent = "bytes_sent"
    }
}
