import RingKernelModel
import Testing

@testable import RingBenchKit

/// How long bursts of an open loop take, held against when they were due.
@Suite("Delivery times")
struct DeliveryTimesTests {
    /// 2 flows, bursts of 2 fragments; a token a microsecond, a tick a nanosecond.
    private func times(fragBytes: Int = 4096) -> DeliveryTimes {
        var load = Load()
        (load.flows, load.fragBytes) = (2, fragBytes)
        return DeliveryTimes(
            ArrivalSchedule(tokensPerSecond: 1e6, tokens: 8, nanosecondsPerTick: 1), burst: 2, load: load)
    }

    /// Notes at `ticks` fragments that begin at these places of these flows.
    private func note(
        _ times: DeliveryTimes, _ frags: [(flow: UInt64, number: Int)], at ticks: UInt64, fragBytes: Int = 4096
    ) {
        let batch = FragmentBatch(capacity: frags.count)
        for (index, frag) in frags.enumerated() {
            batch.frags[index] = ReceivedFrag(offset: 0, size: UInt32(fragBytes), token: 0)
            batch.flows[index] = frag.flow
            batch.positions[index] = UInt64(frag.number * fragBytes)
        }
        times.notes.note(batch, frags.count, at: ticks)
    }

    @Test(
        "a burst counts once, when its last fragment was dealt with, from when that was due", arguments: [4096, 1448])
    func counted(_ fragBytes: Int) {
        let times = times(fragBytes: fragBytes)
        // The first burst is flow 0's, due after 2 us; the second flow 1's, after 4; the third flow 0's again, after 6.
        note(times, [(0, 0), (0, 1)], at: 102_500, fragBytes: fragBytes)
        note(times, [(1, 0)], at: 104_100, fragBytes: fragBytes)
        note(times, [(1, 1), (0, 2), (0, 3)], at: 109_000, fragBytes: fragBytes)
        let histogram = times.histogram(since: 100_000)
        #expect(histogram.count == 3)
        #expect(histogram.nanoseconds(at: 50).map { (2995...3005).contains($0) } == true)
        #expect(histogram.nanoseconds(at: 100).map { (4995...5005).contains($0) } == true)
    }

    @Test("what all waited for counts for each of them, not once")
    func noCoordinatedOmission() {
        let times = times()
        for burst in 0..<4 {
            note(times, [(UInt64(burst % 2), burst / 2 * 2 + 1)], at: 100_000)
        }
        // Due after 2, 4, 6 and 8 us, dealt with at 100.
        let histogram = times.histogram(since: 0)
        #expect(histogram.count == 4)
        #expect(histogram.nanoseconds(at: 50).map { $0 > 90_000 } == true)
    }

    @Test("a flow or a place that there is not is not written to")
    func untrusted() {
        let times = times()
        note(times, [(2, 1), (.max, 1), (0, 1001), (1, Int(UInt32.max))], at: 1)
        #expect(times.histogram(since: 0).count == 0)
    }
}
