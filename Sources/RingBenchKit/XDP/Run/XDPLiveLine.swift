import CTokenRing
import TokenRingXDP

/// What a receiver or sender tells each second: a line on stderr, or an event.
struct XDPLiveLine {
    /// Counters since the start, and levels now.
    struct Sample {
        var packets: UInt64 = 0
        var bytes: UInt64 = 0
        /// Batches that held a packet.
        var batches: UInt64 = 0
        /// System calls of the data path, by what they were for.
        var calls = XDPCalls()
        /// Frames that the kernel has, of how many.
        var posted: UInt32 = 0
        var frames: UInt32 = 0
        var statistics = XDPStatistics()
        /// Packets that a consumer's socket refused.
        var refused: UInt64?
        /// Packets of each queue, if there are several.
        var queues: [(queue: UInt32, packets: UInt64)] = []
    }

    private let name: String
    private let evidence: Evidence
    private let progress: Progress
    private let intervalNanoseconds: Int64
    private var last = Sample()
    private var lastNanoseconds = ctr_monotonic_ns()

    init(
        _ name: String, _ progress: Progress, evidence: Evidence = .kernel, intervalNanoseconds: Int64 = 1_000_000_000
    ) {
        self.name = name
        self.evidence = evidence
        self.progress = progress
        self.intervalNanoseconds = intervalNanoseconds
    }

    /// Whether it is time for a line.
    func isDue(at now: Int64) -> Bool { now - lastNanoseconds >= intervalNanoseconds }

    /// Shows a line.
    mutating func show(_ current: Sample, at now: Int64) {
        progress.interval(
            XDPInterval(name, evidence, from: last, to: current, seconds: Double(now - lastNanoseconds) / 1e9))
        last = current
        lastNanoseconds = now
    }
}

/// System calls that a data path made.
public struct XDPCalls: Encodable, Sendable, Hashable {
    /// recvfrom and sendto that make the kernel look at a ring.
    public internal(set) var wakeups: UInt64 = 0
    /// poll that waits.
    public internal(set) var waits: UInt64 = 0

    /// All of them.
    public var all: UInt64 { wakeups &+ waits }

    /// Adds those of another socket.
    mutating func add(_ other: XDPCalls) {
        wakeups &+= other.wakeups
        waits &+= other.waits
    }
}
