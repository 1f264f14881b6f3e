import CTokenRing
import TokenRingXDP

/// The line that a receiver or sender shows each second on stderr: what happened since the last one.
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
    private let progress: Progress
    private let intervalNanoseconds: Int64
    private var last = Sample()
    private var lastNanoseconds = ctr_monotonic_ns()

    init(_ name: String, _ progress: Progress, intervalNanoseconds: Int64 = 1_000_000_000) {
        self.name = name
        self.progress = progress
        self.intervalNanoseconds = intervalNanoseconds
    }

    /// Whether it is time for a line.
    func isDue(at now: Int64) -> Bool { now - lastNanoseconds >= intervalNanoseconds }

    /// Shows a line.
    mutating func show(_ current: Sample, at now: Int64) {
        progress.step(text(current, seconds: Double(now - lastNanoseconds) / 1e9))
        last = current
        lastNanoseconds = now
    }

    private func text(_ now: Sample, seconds: Double) -> String {
        let packets = Double(now.packets - last.packets)
        let batches = Double(now.batches - last.batches)
        let calls = Double(now.calls.all - last.calls.all)
        var parts = [
            "\(name): \(now.packets) packets", "\((packets / seconds / 1e6).text(3)) Mpps",
            "\((Double(now.bytes - last.bytes) * 8 / seconds / 1e9).text(3)) Gbit/s (L2)",
            "batch \((packets / max(batches, 1)).text(1))",
            "wakeups \(now.calls.wakeups - last.calls.wakeups)",
            "calls/packet \((calls / max(packets, 1)).text(3))",
            "kernel has \(now.posted) of \(now.frames) frames",
        ]
        for (position, row) in now.queues.enumerated() {
            let before = last.queues.isEmpty ? 0 : last.queues[position].packets
            parts.append("queue \(row.queue) \((Double(row.packets - before) / seconds / 1e6).text(3)) Mpps")
        }
        let (old, new) = (last.statistics, now.statistics)
        let drops = [
            ("RX full", new.receiveRingFull - old.receiveRingFull),
            ("FILL empty", new.receiveFillRingEmpty - old.receiveFillRingEmpty),
            ("dropped", new.receiveDropped - old.receiveDropped),
            ("TX invalid", new.transmitInvalidDescriptors - old.transmitInvalidDescriptors),
            ("refused", (now.refused ?? 0) - (last.refused ?? 0)),
        ].filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
        parts.append(drops.isEmpty ? "no drops" : "drops: " + drops.joined(separator: ", "))
        return parts.joined(separator: ", ")
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
