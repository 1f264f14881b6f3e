import RingKernelModel
import Synchronization
import Testing
import TokenRing

/// When the consumer of a delivery ring is woken: it sleeps, and something came.
@Suite("Wakeups of a ring set")
struct RingSetWakeupTests {
    private final class Count: Sendable {
        private let count = Atomic(0)
        var value: Int { count.load(ordering: .relaxed) }
        func add() { count.wrappingAdd(1, ordering: .relaxed) }
    }

    /// - Parameter arrive: lets a fragment come in.
    private func wakesSleepersOnly(_ ends: RingEnds, _ arrive: () -> Void) {
        let wakeups = Count()
        ends.ringSet.onWakeup { wakeups.add() }
        arrive()
        #expect(wakeups.value == 0, "it is awake")
        #expect(ends.take().count == 1)
        #expect(ends.prepareToSleep())
        #expect(wakeups.value == 0, "nothing came")
        arrive()
        #expect(wakeups.value == 1)
        ends.wakeUp()
        arrive()
        #expect(wakeups.value == 1, "it is awake again")
    }

    @Test("a consumer is woken when it sleeps, and only then")
    func softirq() throws {
        let model = try SteppedKernel("mapped-ring")
        wakesSleepersOnly(try RingEnds(try #require(model.kernel.ringSet))) { model.arrive(1) }
    }

    @Test("and at the end of a driver's poll too")
    func driver() throws {
        let model = try SteppedKernel("mapped-ring")
        let driver = DriverQueue(model.kernel, model.kernel.binding)
        let socket = model.kernel.sockets[0]
        wakesSleepersOnly(try RingEnds(try #require(model.kernel.ringSet))) {
            var address: UMEMAddress = 0
            #expect(withUnsafeMutablePointer(to: &address) { driver.allocate(.init(start: $0, count: 1)) } == 1)
            #expect(driver.receive([XDPDescriptor(address: address, length: 64)], for: socket) == 1)
            driver.finishPoll(for: socket)
        }
    }
}
