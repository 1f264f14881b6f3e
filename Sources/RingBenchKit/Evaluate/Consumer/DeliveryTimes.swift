import RingKernelModel

/// When the application was done with each burst of an open-loop run, to be held against when the burst was due.
///
/// Bursts go to the flows in turn, so the place of a fragment in its flow's stream says which burst it ends. That is over with
/// the first fragment that is refused: a run with drops has no times.
final class DeliveryTimes: @unchecked Sendable {
    private let schedule: ArrivalSchedule
    private let burst: Int
    private let ends: UnsafeMutableBufferPointer<UInt64>
    /// What a loop notes by; valid as long as this object lives.
    let notes: Notes

    /// For the fragments of `schedule`, which come in bursts of `burst`.
    init(_ schedule: ArrivalSchedule, burst: Int, load: Load) {
        self.schedule = schedule
        self.burst = burst
        ends = .allocate(capacity: max(1, schedule.tokens / burst))
        ends.initialize(repeating: 0)
        let burstBytes = UInt64(burst * min(load.fragBytes, load.niovBytes))
        notes = Notes(
            ends: ends, flows: UInt64(load.flows), burstBytes: burstBytes,
            mask: burstBytes & (burstBytes - 1) == 0 ? burstBytes - 1 : 0)
    }

    deinit { ends.deallocate() }

    /// The hot loop's part of it. Threads write different elements: each burst ends once.
    struct Notes: BitwiseCopyable, @unchecked Sendable {
        fileprivate let ends: UnsafeMutableBufferPointer<UInt64>
        fileprivate let flows: UInt64
        fileprivate let burstBytes: UInt64
        /// For a remainder without a division; 0 where it takes one.
        fileprivate let mask: UInt64

        /// At `ticks` all of the batch was dealt with.
        @inline(__always)
        func note(_ batch: borrowing FragmentBatch, _ count: Int, at ticks: UInt64) {
            for index in 0..<count {
                let end = batch.positions[index] &+ UInt64(batch.frags[index].size)
                guard (mask > 0 ? end & mask : end % burstBytes) == 0, batch.flows[index] < flows else { continue }
                let burst = (end / burstBytes &- 1) &* flows &+ batch.flows[index]
                if burst < UInt64(ends.count) { ends[Int(burst)] = ticks }
            }
        }
    }

    /// From when each burst was due to when it was dealt with. The schedule began at `start`, in ticks; a source that was
    /// late is counted in, so nothing hides in it (no coordinated omission).
    func histogram(since start: UInt64) -> LatencyHistogram {
        var histogram = LatencyHistogram(loop: .open)
        for (burst, end) in ends.enumerated() where end > 0 {
            let due = start &+ schedule.ticks(until: (burst + 1) * self.burst)
            histogram.record(nanoseconds: UInt64(Double(end > due ? end &- due : 0) * schedule.nanosecondsPerTick))
        }
        return histogram
    }
}
