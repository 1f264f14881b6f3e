/// How long `xdp rx`, `tx` and `forward` go on.
public struct XDPRunLimit: Sendable {
    /// In nanoseconds; 0: until Ctrl-C.
    public var durationNanoseconds: Int64
    /// Ends after so many packets; nil: when the time is over.
    public var frames: UInt64?

    /// Ten seconds, unless told.
    public init(durationNanoseconds: Int64 = 10_000_000_000, frames: UInt64? = nil) {
        (self.durationNanoseconds, self.frames) = (durationNanoseconds, frames)
    }

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    func check() throws(Failure) {
        guard frames != 0 else { throw Failure(.usage, "--frames is 0: it must be at least 1") }
    }

    /// Whether so many packets in so much time are enough.
    func isReached(packets: UInt64, nanoseconds: Int64) -> Bool {
        if let frames, packets >= frames { return true }
        return durationNanoseconds > 0 && nanoseconds >= durationNanoseconds
    }

    /// The effective options by their long names.
    var described: [String: String] {
        var all = ["duration": "\(durationNanoseconds / 1_000_000)ms"]
        if let frames { all["frames"] = "\(frames)" }
        return all
    }
}

/// What `xdp rx`, `tx` and `forward` are told.
public protocol XDPRunConfiguration: Sendable {
    /// How long.
    var limit: XDPRunLimit { get set }
    /// The sockets.
    var options: XDPOptions { get set }
    /// Throws a `Failure` of kind `.usage` that names the option and what would be right.
    func check() throws(Failure)
    /// The effective options by their long names.
    var described: [String: String] { get }
}

extension XDPRunConfiguration {
    /// - Throws: `Failure` of kind `.usage` if no interface has such a queue.
    static func checkQueue(_ option: String, _ queue: UInt32) throws(Failure) {
        guard queue < 4096 else { throw Failure(.usage, "\(option) is \(queue): it must be 0 to 4095") }
    }
}
