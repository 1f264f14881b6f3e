import Glibc
import TokenRing
import TokenRingXDP

/// What `ringbench xdp forward` does.
public struct XDPForwardConfiguration: XDPRunConfiguration {
    /// Where packets are received.
    public var interface: String
    /// The receive queue.
    public var queue: UInt32 = 0
    /// Where they are sent; nil: where they came from.
    public var destination: String?
    /// The queue that sends.
    public var destinationQueue: UInt32 = 0
    /// How long.
    public var limit = XDPRunLimit()
    /// The sockets.
    public var options = XDPOptions()

    /// The defaults between an interface and itself.
    public init(interface: String) { self.interface = interface }

    /// Whether packets go back to the queue that they came from: one socket does both.
    var turnsAround: Bool { destination ?? interface == interface && destinationQueue == queue }

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    public func check() throws(Failure) {
        _ = try options.checkedGeometryToSend()
        try limit.check()
        try Self.checkQueue("--queue", queue)
        try Self.checkQueue("--to-queue", destinationQueue)
    }

    /// The effective options by their long names.
    public var described: [String: String] {
        var all = options.described.merging(limit.described) { $1 }
        all["interface"] = interface
        all["queue"] = "\(queue)"
        all["to"] = destination ?? interface
        all["to-queue"] = "\(destinationQueue)"
        return all
    }
}

/// Sends what one queue receives through another, or back. The payload stays where the driver wrote it.
public enum XDPForward {
    /// Forwards until the limit is reached or Ctrl-C, in the calling thread's network namespace.
    ///
    /// - Throws: `Failure`: `.usage` for an option; `.privilege` naming the capability; `.unavailable` if there is no such
    ///   interface or queue, or one goes away; `.invariantBroken` if a packet was sent from anywhere else than it was
    ///   received, or a frame is missing; `.systemCall` otherwise.
    public static func run(
        configuration: XDPForwardConfiguration, progress: Progress
    ) throws(Failure) -> XDPRunReport<ForwardedPackets> {
        try configuration.check()
        try Capability.require([.netAdmin, .netRaw, .bpf], for: "xdp forward")
        var forwarder = try XDPForwarder(configuration)
        return try forwarder.report(try forwarder.run("xdp forward", configuration, progress))
    }
}

/// What `ringbench xdp forward` did with packets.
public struct ForwardedPackets: Encodable, Sendable {
    /// Packets taken from RX and queued in TX.
    public let framesForwarded: UInt64
    /// Frames that were sent, came back through COMPLETION and went to FILL.
    public let framesReturned: UInt64
    /// Bytes forwarded, without the frame check sequence.
    public let bytesForwarded: UInt64
    /// Packets that reached the receiving socket and were dropped there.
    public let framesLost: UInt64
    /// Packets that were sent from another address than they were received at; always 0, otherwise there is no report. Nil if
    /// some were not sent in time, and so not compared.
    public let payloadCopies: UInt64?
    /// Copy or zero copy, where they go.
    public let destinationMode: GrantedMode

    private enum CodingKeys: String, CodingKey {
        case framesForwarded = "frames_forwarded"
        case framesReturned = "frames_returned"
        case bytesForwarded = "bytes_forwarded"
        case framesLost = "frames_lost"
        case payloadCopies = "payload_copies"
        case destinationMode = "to_mode"
    }
}
