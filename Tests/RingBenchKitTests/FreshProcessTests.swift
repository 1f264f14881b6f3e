import RingKernelModel
import RingTestSupport
import Testing

@testable import RingBenchKit

/// Repetitions in processes of their own.
@Suite("Fresh processes")
struct FreshProcessTests {
    private static let ringbench = PeerProcess.productsDirectory().appending("ringbench").string

    private func proposalRun(_ program: String?, kernelCPU: Int? = nil) throws -> ProposalRun {
        var load = Load()
        load.tokens = 20_000
        load.niovs = 4096
        var run = ProposalRun(
            composition: try #require(Composition.named("mapped-ring")), load: load, depth: .everyByte,
            cpus: (kernelCPU, nil))
        run.fresh = try FreshProcesses(by: program, on: run.cpus, place: .any, Progress(quiet: true))
        return run
    }

    @Test("a run in one is the run that was asked for: all its tokens, verified")
    func run() throws {
        let outcome = try proposalRun(Self.ringbench).run()
        #expect(outcome.consumer.received == 20_000 && outcome.consumer.returned == 20_000)
        #expect(outcome.issue.allTokens == 20_000 && outcome.release.allTokens == 20_000)
        #expect(outcome.latency == nil)
    }

    @Test("it can have its consumer in a further one")
    func consumerProcess() throws {
        var run = try proposalRun(Self.ringbench)
        run.consumerProgram = Self.ringbench
        #expect(try run.run().consumer.received == 20_000)
        run.consumerProgram = "/bin/false"
        let failure = #expect(throws: Failure.self) { try run.run() }
        #expect(failure?.kind == .invariantBroken && failure?.description.contains("the consumer's process") == true)
    }

    @Test("its schedule goes along, and how long bursts took comes back")
    func schedule() throws {
        var run = try proposalRun(Self.ringbench)
        run.schedule = ArrivalSchedule(
            tokensPerSecond: 100_000, tokens: 3200, nanosecondsPerTick: TickClock().nanosecondsPerTick)
        let outcome = try run.run()
        #expect(outcome.traffic.offered == 3200 && outcome.traffic.dropped == 0)
        #expect(outcome.latency?.count == 200)
    }

    @Test("its place goes along, and where it was made comes back, into the conditions of the result")
    func place() throws {
        var run = try proposalRun(Self.ringbench)
        run.schedule = ArrivalSchedule(
            tokensPerSecond: 100_000, tokens: 320, nanosecondsPerTick: TickClock().nanosecondsPerTick)
        // Nobody is that near: it waits for a quarter of the time of the run and does without.
        let patience = PlacePatience(nanoseconds: 1_000_000_000)
        run.fresh = try FreshProcesses(
            by: Self.ringbench, on: (0, 1), place: .roundTrip(0.001), Progress(quiet: true), patience: patience)
        var window = MeasuringWindow()
        _ = try run.run(in: &window)
        #expect(patience.next != 1_000_000_000, "what it waited is not counted")
        let conditions = MeasuringConditions(fresh: run.fresh, disturbances: window.end())
        let document = ResultDocument(
            command: "evaluate", options: [:], environment: HostEnvironment(), interrupted: false,
            section: ["conditions": conditions])
        let text = try document.json()
        for line in [
            "\"cache_line_round_trip_ns\" : 0.001", "\"part_of_looks\" : 1", "\"repetitions_elsewhere\" : 1",
            "\"repetitions_made_again\" : 0", "\"fresh_processes\" : true",
        ] {
            #expect(text.contains(line), "\(line)")
        }
        #expect(!text.contains("\"measured_s\" : 0,"))
    }

    @Test("what it wastes on purpose goes along")
    func handicap() throws {
        var run = try proposalRun(Self.ringbench)
        let clock = TickClock()
        run.handicap = Handicap(nanosecondsPerToken: 500, clock)
        let returning = try run.run().consumer.returning
        #expect(Double(returning.ticks) * clock.nanosecondsPerTick > 450 * Double(returning.tokens))
    }

    @Test("its failure is the run's, with kind and sentence")
    func failure() throws {
        let there = #expect(throws: Failure.self) { try proposalRun(Self.ringbench, kernelCPU: 1023).run() }
        let here = #expect(throws: Failure.self) { try proposalRun(nil, kernelCPU: 1023).run() }
        #expect(there?.kind == here?.kind && there?.description == here?.description && here != nil)
    }

    @Test("one that ends without an answer leaves no number", arguments: ["/bin/false", "/bin/true"])
    func gone(_ program: String) {
        let failure = #expect(throws: Failure.self) { try proposalRun(program).run() }
        #expect(failure?.kind == .invariantBroken)
    }

    @Test("so are rounds of the ring")
    func rings() throws {
        var configuration = RingConfiguration()
        configuration.batches = [16]
        configuration.entries = 8192
        configuration.roundTrips = 1000
        configuration.repetitions = 2
        configuration.warmsUp = false
        configuration.program = Self.ringbench
        configuration.place = .any
        let report = try RingBenchmark.run(configuration: configuration, progress: Progress(quiet: true))
        #expect(report.ring.count == 4 * 2 && report.ring.allSatisfy { $0.nanosecondsPerEntry.values.count == 2 })
        #expect(report.roundTrip.allSatisfy { $0.latency.count == 2 * 999 })
        configuration.fault = .corruptEntry(117)
        let failure = #expect(throws: Failure.self) {
            try RingBenchmark.run(configuration: configuration, progress: Progress(quiet: true))
        }
        #expect(failure?.kind == .invariantBroken && failure?.description.contains("an entry of the batch") == true)
    }
}
