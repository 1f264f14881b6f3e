import RingKernelModel
import TokenRing

/// What a token is in a ring that takes buffers back. One conformance a file.
protocol ReturnEntry {
    /// The entry for a fragment.
    init(returning frag: ReceivedFrag)
}

/// Returns through a mapped ring: reserve, write, submit. Enters the kernel only when the ring is full (flush): the slow path that
/// must exist (sources.md S17, R20).
struct RingReturner<Entry: ReturnEntry & BitwiseCopyable>: TokenReturner, ~Copyable {
    /// User space's end of the ring.
    typealias End = RingEnd<ProducerRing<MappedRingMemory<Entry>>>

    private let ends: UnsafeMutablePointer<(End, RingCalls)>
    private let lanes: Int

    /// One end for each lane; lanes of a thread may share one. What they come from must outlive it.
    init(_ ends: [(End, RingCalls)]) {
        lanes = ends.count
        self.ends = .allocate(capacity: ends.count)
        for (lane, end) in ends.enumerated() { (self.ends + lane).initialize(to: end) }
    }

    deinit {
        ends.deinitialize(count: lanes)
        ends.deallocate()
    }

    @inline(__always)
    static func entry(returning frag: ReceivedFrag) -> Entry { Entry(returning: frag) }

    @inline(__always)
    mutating func giveBack(
        _ entries: UnsafeBufferPointer<Entry>, lane: Int, _ meter: inout CostMeter, _ costs: inout ConsumerCosts,
        _ watch: inout Watchdog
    ) -> Int {
        var done = 0
        while done < entries.count {
            let start = CostMeter.start()
            let count = ends[lane].0.withRing { ring in
                let slots = ring.reserve(upTo: UInt32(truncatingIfNeeded: entries.count &- done))
                for offset in 0..<slots.count { ring.write(entries[done &+ Int(offset)], at: slots[offset]) }
                ring.submit(slots.count)
                return Int(slots.count)
            }
            meter.add(since: start, tokens: 0)
            done &+= count
            guard count == 0 else { continue }
            ends[lane].1.flush()
            costs.returnCalls &+= 1
            guard watch.mayContinue(progress: costs.returned &+ done) else { break }
        }
        return done
    }
}
