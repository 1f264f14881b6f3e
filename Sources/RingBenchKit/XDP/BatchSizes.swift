/// How often a batch held how many packets. Like `FrameLedger` for one thread, and every operation but reading it out is O(1) and
/// allocates nothing.
struct BatchSizes: ~Copyable {
    private let counts: UnsafeMutableBufferPointer<UInt64>

    /// For batches of up to `most` packets.
    init(most: UInt32) {
        counts = .allocate(capacity: Int(most) + 1)
        counts.initialize(repeating: 0)
    }

    deinit { counts.deallocate() }

    /// Counts a batch of 1 to `most` packets.
    @inline(__always)
    func record(_ packets: UInt32) { counts[Int(packets)] &+= 1 }

    /// Adds batches that were counted elsewhere, none larger than these may be.
    func add(_ other: borrowing BatchSizes) {
        for (packets, count) in other.counts.enumerated() { counts[packets] &+= count }
    }

    /// Batches so far.
    var batches: UInt64 { counts.reduce(0, &+) }

    /// What reports show; nil without a batch.
    var percentiles: BatchPercentiles? {
        let all = batches
        guard all > 0 else { return nil }
        func size(_ part: Double) -> Int {
            var below: UInt64 = 0
            for (packets, count) in counts.enumerated() {
                below += count
                if Double(below) >= part * Double(all) { return packets }
            }
            return counts.count - 1
        }
        let packets = counts.enumerated().reduce(0.0) { $0 + Double($1.offset) * Double($1.element) }
        return BatchPercentiles(
            batches: all, mean: packets / Double(all), p50: size(0.5), p90: size(0.9), p99: size(0.99), most: size(1))
    }
}

/// Packets of a batch: of how many batches, the mean, and percentiles.
public struct BatchPercentiles: Encodable, Sendable, Hashable {
    /// Batches that held a packet.
    public let batches: UInt64
    /// Packets a batch.
    public let mean: Double
    /// In half of the batches no more than these.
    public let p50: Int
    /// In nine of ten.
    public let p90: Int
    /// In 99 of 100.
    public let p99: Int
    /// In all.
    public let most: Int

    private enum CodingKeys: String, CodingKey {
        case batches, p50, p90, p99
        case mean = "mean_packets"
        case most = "max"
    }
}
