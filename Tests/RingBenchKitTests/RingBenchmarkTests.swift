import RingBenchKit
import RingTestSupport
import Testing

private let hasTwoCPUs = HostEnvironment().cpus.count >= 2

/// The ring benchmark between two threads. Nothing here asserts a time: the machines are shared.
@Suite("ring benchmark", .serialized, .enabled(if: hasTwoCPUs, "needs two CPUs"))
struct RingBenchmarkTests {
    /// Small enough for a debug build on a busy machine.
    private static var short: RingConfiguration {
        var configuration = RingConfiguration()
        configuration.batches = [1, 16]
        configuration.capacity = 64
        configuration.entries = 2000
        configuration.roundTrips = 200
        configuration.repetitions = 2
        configuration.warmsUp = false
        return configuration
    }

    private func run(_ configuration: RingConfiguration) throws(Failure) -> RingReport {
        try RingBenchmark.run(configuration: configuration, progress: Progress(quiet: true))
    }

    @Test("every implementation delivers every entry at every batch and size")
    func delivers() throws {
        let report = try run(Self.short)
        #expect(report.ring.count == 4 * 2 * 2)
        #expect(report.roundTrip.map(\.implementation) == RingImplementation.own)
        #expect(report.cacheLine.map(\.lines) == [1, 2])
        for result in report.ring {
            #expect(result.nanosecondsPerEntry.values.count == 2)
            #expect(result.nanosecondsPerEntry.least > 0)
            #expect(result.verifiedEntries >= 2000 && result.verifiedEntries.isMultiple(of: UInt64(result.batch)))
            #expect(result.ratioToLowerBound != nil)
        }
    }

    @Test("the lower bound is 1 times itself")
    func ratioToItself() throws {
        let report = try run(Self.short)
        for result in report.ring where result.implementation == .lowerBound {
            #expect(result.ratioToLowerBound == 1 && result.pairedRatioToLowerBound == 1)
        }
    }

    @Test("a corrupted entry ends the run without a number", arguments: [8, 16] as [UInt32])
    func corruptedEntry(entryBytes: UInt32) {
        var configuration = Self.short
        configuration.entryBytes = [entryBytes]
        configuration.batches = [16]
        configuration.fault = .corruptEntry(117)
        let failure = #expect(throws: Failure.self) { try run(configuration) }
        #expect(failure?.kind == .invariantBroken)
        #expect(failure?.kind.rawValue == 70)
        #expect(failure?.description.contains("batch 16, \(entryBytes) bytes: an entry") == true)
    }

    @Test("a lost entry ends the run without a number")
    func lostEntry() {
        var configuration = Self.short
        configuration.patience = 1 << 20
        configuration.fault = .loseEntry(40)
        let failure = #expect(throws: Failure.self) { try run(configuration) }
        #expect(failure?.kind == .invariantBroken)
    }

    @Test("the text says what the numbers are")
    func text() throws {
        let text = try run(Self.short).text
        for word in [
            "TokenRing", "TokenRing-slot", "libxdp", "lower-bound", "spread", "two regimes", "one cache line",
            "published by a phase bit", "Polling: one pause",
        ] {
            #expect(text.contains(word), "\(word) is missing")
        }
    }

    @Test("the other side can be a process: every entry arrives there, at every batch and size")
    func betweenProcesses() throws {
        var configuration = Self.short
        configuration.otherProgram = PeerProcess.productsDirectory().appending("ringbench").string
        configuration.repetitions = 1
        let report = try run(configuration)
        #expect(report.between == "processes" && report.ring.count == 4 * 2 * 2 && report.roundTrip.count == 4)
        configuration.fault = .corruptEntry(117)
        let failure = #expect(throws: Failure.self) { try run(configuration) }
        #expect(failure?.kind == .invariantBroken && failure?.description.contains("an entry of the batch") == true)
    }

    @Test("an other side that is no ring's ends the run without a number")
    func otherProcessGone() {
        var configuration = Self.short
        configuration.otherProgram = "/bin/false"
        let failure = #expect(throws: Failure.self) { try run(configuration) }
        #expect(failure?.kind == .invariantBroken && failure?.description.contains("ended with 1") == true)
    }

    @Test("the seed decides the order, and the conditions are in the result")
    func conditions() throws {
        var configuration = Self.short
        configuration.seed = 77
        configuration.warmsUp = true
        configuration.batches = [16]
        configuration.entryBytes = [8]
        let text = try run(configuration).text
        #expect(text.contains("Turns by seed 77") && text.contains("p99.9"))
    }

    @Test("the default CPUs are two different ones")
    func defaultCPUs() throws {
        let cpus = try run(Self.short).cpus
        #expect(cpus.count == 2 && cpus[0] != cpus[1])
    }
}
