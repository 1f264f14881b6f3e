import CTokenRing
import RingKernelModel

/// How long a tick of `ctr_ticks()` is, and what reading the counter around a batch adds to it. Measured, not assumed.
struct TickClock: Sendable {
    let nanosecondsPerTick: Double
    /// Ticks that an empty `CostMeter` batch counts.
    let overheadTicks: Double

    /// Calibrates against CLOCK_MONOTONIC for 20 ms.
    init() {
        let (startNanoseconds, startTicks) = (ctr_monotonic_ns(), ctr_ticks())
        while ctr_monotonic_ns() - startNanoseconds < 20_000_000 {}
        let elapsed = ctr_monotonic_ns() - startNanoseconds
        nanosecondsPerTick = Double(elapsed) / Double(ctr_ticks() &- startTicks)
        let samples = (0..<64).map { _ in
            var meter = CostMeter()
            for _ in 0..<256 {
                let start = CostMeter.start()
                meter.add(since: start, tokens: 0)
            }
            return Double(meter.ticks) / 256
        }
        overheadTicks = Repetitions(samples).median
    }

    /// Nanoseconds per token of a phase, without the counter readings.
    func nanosecondsPerToken(_ phase: ConsumerCosts.Phase) -> Double {
        let ticks = max(0, Double(phase.ticks) - Double(phase.batches) * overheadTicks)
        return ticks * nanosecondsPerTick / Double(max(1, phase.tokens))
    }
}
