import TokenRingXDP

/// What `ringbench xdp demo` does.
public struct XDPDemoConfiguration: Sendable {
    /// Where the packets come from.
    public enum Source: String, Sendable, CaseIterable, Encodable {
        /// AF_PACKET over a virtual wire, closed loop: nothing may be lost.
        case wire
        /// Made by the kernel at full rate: what is lost must be in the kernel's counters.
        case live
    }

    /// Where the packets come from.
    public var source = Source.wire
    /// How many packets.
    public var frames: UInt64 = 1_000_000
    /// Bytes of each packet.
    public var packetBytes: UInt32 = 64
    /// Most packets between source and receiver; nil: 192 on the wire, because veth queues 256 and drops more silently, and
    /// no limit for live frames.
    public var windowFrames: UInt32?
    /// Live packets that one system call makes; they have one number.
    public var framesPerCall: UInt32 = 4000
    /// Source addresses that packets come from in turn.
    public var flows: UInt32 = 1
    /// Frames in FILL at the start; nil: all.
    public var framesProvided: UInt32?
    /// The receiver.
    public var options = XDPOptions()

    /// The defaults.
    public init() {}

    /// The window in force.
    var effectiveWindow: UInt32 { windowFrames ?? (source == .wire ? 192 : 0) }
    /// Packets with the same number.
    var copies: UInt32 { source == .wire ? 1 : framesPerCall }

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    public func check() throws(Failure) {
        let geometry = try options.checkedGeometry()
        let mostBytes = min(NumberedFrame.mostBytes, geometry.mostPacketBytes)
        guard (NumberedFrame.leastBytes...mostBytes).contains(packetBytes) else {
            throw Failure(
                .usage,
                "--packet-size is \(packetBytes): it must be \(NumberedFrame.leastBytes) to \(mostBytes) bytes")
        }
        guard frames > 0, frames <= 1 << 40 else {
            throw Failure(.usage, "--frames is \(frames): it must be 1 to \(UInt64(1) << 40)")
        }
        guard (1...1_000_000).contains(framesPerCall) else {
            throw Failure(.usage, "--frames-per-call is \(framesPerCall): it must be 1 to 1000000")
        }
        guard effectiveWindow == 0 || effectiveWindow >= copies else {
            throw Failure(
                .usage, "--window is \(effectiveWindow): it must be 0 or at least \(copies), what one call sends")
        }
    }

    /// The effective options by their long names.
    public var described: [String: String] {
        var all = options.described
        all["source"] = source.rawValue
        all["frames"] = "\(frames)"
        all["packet-size"] = "\(packetBytes)"
        all["window"] = "\(effectiveWindow)"
        if source == .live { all["frames-per-call"] = "\(framesPerCall)" }
        return all
    }
}
