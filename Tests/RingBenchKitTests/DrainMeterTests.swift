import RingKernelModel
import Testing

@testable import RingBenchKit

@Suite("The time of drains")
struct DrainMeterTests {
    @Test("a drain that was interrupted is in one figure and not in the other")
    func interrupted() {
        let clock = TickClock()
        var meter = DrainMeter(clock)
        let most = meter.mostTicks(of: 2)
        for _ in 0..<10 { meter.add(since: 1000, until: 1000 + most - 1, packets: 2) }
        #expect(meter.disturbedDrains == 0)
        #expect(meter.nanosecondsPerPacket == meter.nanosecondsPerPacketOfAll)
        let before = meter.nanosecondsPerPacket
        meter.add(since: 0, until: most, packets: 2)
        #expect((meter.disturbedDrains, meter.packets) == (1, 22))
        #expect(meter.nanosecondsPerPacket == before)
        #expect(meter.nanosecondsPerPacketOfAll > before)
    }

    @Test("the more packets, the longer a drain may take, up to what disturbs any batch")
    func bound() {
        let meter = DrainMeter(TickClock())
        let bounds = [1, 2, 64].map { meter.mostTicks(of: $0) }
        #expect(bounds[0] < bounds[1] && bounds[1] < bounds[2])
        #expect(meter.mostTicks(of: 1024) == CostMeter.mostTicks)
        #expect(meter.mostTicks(of: 1 << 20) == CostMeter.mostTicks)
    }
}
