import CTokenRing
import RingKernelModel
import TokenRing

/// Delivery rings; a lane is a ring set. Enters the kernel only to be given what did not fit (kick).
struct DeliveryRingSource: FragmentSource, ~Copyable {
    /// User space's end of a delivery ring.
    typealias End = RingEnd<ConsumerRing<MappedRingMemory<FragDescriptor>>>
    /// Fragments that one look takes at the most.
    static let mostFrags = 64

    private let ends: UnsafeMutablePointer<(End, RingCalls)>
    private let checker: Unmanaged<StreamChecker>
    let lanes: Int

    /// `checker`, and what the ends and calls come from, must outlive it.
    init(_ ends: [(End, RingCalls)], checker: StreamChecker) {
        lanes = ends.count
        self.checker = .passUnretained(checker)
        self.ends = .allocate(capacity: ends.count)
        for (lane, end) in ends.enumerated() { (self.ends + lane).initialize(to: end) }
    }

    deinit {
        ends.deinitialize(count: lanes)
        ends.deallocate()
    }

    @inline(__always)
    mutating func look(
        at lane: Int, into batch: borrowing FragmentBatch, _ meter: inout CostMeter, _ costs: inout ConsumerCosts
    ) -> Int {
        let start = CostMeter.start()
        let (count, waits) = ends[lane].0.withRing { take(&$0, batch, since: start, &meter) }
        if waits {
            ends[lane].1.kick()
            costs.wakeupCalls &+= 1
        }
        return count
    }

    /// Under the lock where there is one: which fragments are whose is decided by who takes them first.
    @inline(__always)
    private func take(
        _ ring: inout ConsumerRing<MappedRingMemory<FragDescriptor>>, _ batch: borrowing FragmentBatch,
        since start: UInt64, _ meter: inout CostMeter
    ) -> (count: Int, waits: Bool) {
        let found = ring.peek(upTo: UInt32(Self.mostFrags))
        guard !found.isEmpty else { return (0, ring.needsWakeup()) }
        for offset in 0..<found.count {
            let entry = ring.read(at: found[offset])
            batch.frags[Int(offset)] = ReceivedFrag(
                offset: entry.frag_offset, size: entry.frag_size, token: entry.frag_token)
            batch.flows[Int(offset)] = entry.socket_cookie
        }
        ring.release(found.count)
        meter.add(since: start, tokens: Int(found.count))
        checker._withUnsafeGuaranteedRef { $0.place(batch, Int(found.count)) }
        return (Int(found.count), false)
    }
}
