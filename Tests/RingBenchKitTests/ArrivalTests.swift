import RingKernelModel
import Testing

@testable import RingBenchKit

/// The open loop: what is offered, what is refused, and that both are counted.
@Suite("Arrivals at a fixed rate")
struct ArrivalTests {
    /// A token a microsecond, a tick a nanosecond.
    private let schedule = ArrivalSchedule(tokensPerSecond: 1e6, tokens: 50, nanosecondsPerTick: 1)

    @Test(
        "so many are due as the time that has passed times the rate, and never more than there are",
        arguments: [
            (0, 0), (999, 0), (1000, 1), (1999, 1), (25_400, 25), (50_000, 50), (1_000_000_000, 50),
        ])
    func due(_ ticks: Int, _ tokens: Int) {
        #expect(schedule.due(after: UInt64(ticks)) == tokens)
    }

    @Test("a rate and a time make the number of tokens")
    func length() {
        #expect(ArrivalSchedule(tokensPerSecond: 2000, seconds: 0.5, clock: TickClock()).tokens == 1000)
    }

    private func run(
        _ name: String, tokensPerSecond: Double, _ change: (inout Load) -> Void = { _ in }
    ) throws -> ProposalRun.Outcome {
        var load = Load()
        load.niovs = 4096
        change(&load)
        var run = ProposalRun(
            composition: try #require(Composition.named(name)), load: load, depth: .stamps, cpus: (nil, nil))
        run.schedule = ArrivalSchedule(
            tokensPerSecond: tokensPerSecond, tokens: 3000, nanosecondsPerTick: TickClock().nanosecondsPerTick)
        return try run.run()
    }

    @Test("all that is offered is let in or counted as dropped", arguments: Composition.all.map(\.name))
    func accounted(_ name: String) throws {
        let outcome = try run(name, tokensPerSecond: 100_000)
        #expect(outcome.traffic.offered == 3000)
        #expect(outcome.consumer.received == 3000 - outcome.traffic.dropped)
        #expect(outcome.consumer.returned == outcome.consumer.received)
        // Each whole burst of 16 has its time, unless a drop has moved the streams.
        let timed: UInt64? = outcome.traffic.dropped == 0 ? 3000 / 16 : nil
        #expect(outcome.latency?.count == timed)
    }

    @Test("what a closed window refuses is a drop, and the rest is still verified")
    func drops() throws {
        // All at once, into windows that hold 64 fragments: the source is done before the application has begun.
        let outcome = try run("sockopt-xarray", tokensPerSecond: 1e9) { $0.windowFrags = 64 }
        #expect(outcome.traffic.offered == 3000)
        #expect(outcome.traffic.dropped > 0)
        #expect(outcome.consumer.received == 3000 - outcome.traffic.dropped)
        #expect(outcome.latency == nil)
    }

    @Test("wrong bytes leave no result in the open loop either")
    func wrongBytes() throws {
        var run = ProposalRun(
            composition: Composition.all[0], load: Load(), depth: .everyByte, cpus: (nil, nil), sourceSeed: 2)
        run.schedule = ArrivalSchedule(tokensPerSecond: 1e5, tokens: 500, nanosecondsPerTick: 1)
        let failure = #expect(throws: Failure.self) { try run.run() }
        #expect(failure?.kind == .invariantBroken)
    }
}
