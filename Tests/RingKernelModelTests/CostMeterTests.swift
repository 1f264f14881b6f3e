import RingKernelModel
import Testing

@Suite("The cost meter")
struct CostMeterTests {
    @Test("a batch of as many ticks as are too many is left out with its tokens, and counted")
    func disturbed() {
        var meter = CostMeter()
        meter.add(since: 1000, until: 1099, tokens: 2, most: 100)
        meter.add(since: 2000, until: 2100, tokens: 3, most: 100)
        meter.add(since: 0, until: CostMeter.mostTicks - 1, tokens: 5)
        meter.add(since: 0, until: CostMeter.mostTicks, tokens: 7)
        #expect(meter.ticks == 99 + CostMeter.mostTicks - 1)
        #expect((meter.batches, meter.disturbedBatches) == (2, 2))
        #expect((meter.tokens, meter.allTokens) == (7, 17))
    }
}
