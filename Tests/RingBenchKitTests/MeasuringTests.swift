import Foundation
import Glibc
import Testing

@testable import RingBenchKit

/// When measuring begins, when it ends, and what is noted meanwhile.
@Suite("Measuring")
struct MeasuringTests {
    // MARK: warm-up

    @Test("it is warm when two windows of three rounds agree, whatever one figure of several does")
    func warm() {
        var warmUp = WarmUp()
        for (round, factor) in [4.0, 3, 2, 1.5, 1.4, 1.3, 1, 1, 1.01, 1, 1].enumerated() {
            #expect(warmUp.goesOn, "after \(round) rounds")
            warmUp.add([100 * factor, 200 * factor, Double(round + 1)])
        }
        #expect(warmUp.agrees && !warmUp.goesOn && warmUp.warning == nil)
    }

    @Test("it ends after twelve rounds of a machine that never gets steady, and says so")
    func neverWarm() throws {
        var warmUp = WarmUp()
        var rounds = 0
        while warmUp.goesOn {
            rounds += 1
            warmUp.add([pow(1.1, Double(rounds))])
        }
        #expect(rounds == 12 && !warmUp.agrees)
        #expect(try #require(warmUp.warning).contains("after 12 rounds its figures still moved by 33 %"))
    }

    @Test("a figure that is 0 says nothing of warmth, and nothing but zeroes leave it unknown")
    func zeroes() {
        var (mixed, nothing) = (WarmUp(), WarmUp())
        for _ in 0..<6 {
            mixed.add([0, 5])
            nothing.add([0])
        }
        #expect(mixed.agrees && !nothing.agrees && nothing.warning?.contains("an unknown part") == true)
    }

    // MARK: the stop rule

    @Test("it ends when the widest interval is narrow enough, not before eleven rounds, and never without a precision")
    func stops() {
        let (narrow, wide) = (Repetitions([1, 1.001, 0.999, 1, 1]), Repetitions([1, 2, 1, 2, 1]))
        var stop = StopRule(precision: 0.01)
        #expect(!stop.isMet(after: 10) { [narrow] } && !stop.isMet(after: 12) { [narrow] })
        #expect(!stop.isMet(after: 11) { [narrow, wide] } && stop.isMet(after: 16) { [narrow] })
        #expect(stop.warning == nil)
        var all = StopRule(precision: nil)
        #expect(!all.isMet(after: 11) { [narrow] })
    }

    @Test("an interval that stays wider than asked for is said")
    func tooWide() throws {
        var stop = StopRule(precision: 0.01)
        stop.note([Repetitions([1, 2, 1, 2, 1])])
        #expect(try #require(stop.warning).contains("wider than --precision 1.0 %"))
    }

    // MARK: latencies

    @Test("percentiles are of all values, as far as there are enough of them to tell")
    func percentiles() throws {
        let clock = TickClock()
        var histogram = LatencyHistogram(loop: .closed)
        // 1 to 1000 ns in ticks.
        histogram.record(ticks: (1...1000).map { UInt64((Double($0) / clock.nanosecondsPerTick).rounded(.up)) }, clock)
        for (percentile, value) in [(50.0, 500.0), (90, 900), (99, 990), (99.9, 999)] {
            let found = try #require(histogram.nanoseconds(at: percentile))
            #expect(abs(Double(found) - value) <= 2, "\(percentile): \(found)")
        }
        #expect(histogram.nanoseconds(at: 99.99) == nil, "a thousand values have no 99.99th percentile")
        #expect(try #require(histogram.nanoseconds(at: 100)) >= 1000)
    }

    @Test("JSON has the loop, the count, and a histogram that gives the same percentiles again")
    func histogramJSON() throws {
        let clock = TickClock()
        var histogram = LatencyHistogram(loop: .closed)
        histogram.record(ticks: (1...200).map { UInt64(100 * $0) }, clock)
        let object = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(histogram)) as? [String: Any])
        #expect(object["loop"] as? String == "closed" && object["count"] as? Int == 200)
        let pairs = try #require(object["histogram_ns"] as? [[Int]])
        #expect(pairs.reduce(0) { $0 + $1[1] } == 200)
        var passed = 0
        let median = pairs.first { pair in
            passed += pair[1]
            return passed >= 100
        }
        #expect(median?[0] == object["p50_ns"] as? Int)
    }

    // MARK: disturbances

    @Test("a thread that sleeps and a page that is touched are counted")
    func counted() throws {
        let window = MeasuringWindow()
        for _ in 0..<50 { usleep(100) }
        let bytes = 64 * 4096
        let memory = try #require(mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        madvise(memory, bytes, MADV_NOHUGEPAGE)
        memset(memory, 1, bytes)
        munmap(memory, bytes)
        let disturbances = window.end()
        #expect(disturbances.process.voluntarySwitches >= 50 && disturbances.process.minorFaults >= 64)
        #expect((0...1).contains(disturbances.stolenPart) && (0...1).contains(disturbances.otherLoadPart))
        #expect(disturbances.seconds > 0.005)
    }

    @Test("another process that takes a CPU is other load")
    func otherLoad() throws {
        let busy = try ChildProcess(
            program: "/bin/sh", arguments: ["-c", "while :; do :; done"], handing: .standardError)
        let window = MeasuringWindow()
        usleep(600_000)
        let disturbances = window.end()
        kill(busy.processID, SIGKILL)
        busy.wait()
        #expect(disturbances.otherLoadPart > 0.05)
        #expect(disturbances.warnings.contains { $0.contains("other load") })
    }

    // MARK: the environment

    @Test("the environment tells what the CPUs share, how they are tuned, and which libraries are used")
    func environment() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(HostEnvironment())) as? [String: Any])
        let tuning = try #require(object["tuning"] as? [String: Any])
        for key in [
            "governor", "boost", "smt", "transparent_huge_pages", "isolated_cpus", "hypervisor_name", "microcode",
        ] {
            #expect((tuning[key] as? String)?.isEmpty == false, "\(key)")
        }
        let identity = try #require(object["cpu_identity"] as? String)
        // Other machines name it otherwise.
        #if arch(x86_64)
            #expect(identity.wholeMatch(of: /family \d+, model \d+, stepping \d+/) != nil)
        #else
            #expect(!identity.isEmpty)
        #endif
        let libraries = try #require(object["libraries"] as? [String: String])
        #expect(libraries["glibc"]?.hasPrefix("2.") == true && libraries["libbpf"] != nil)
        #expect((object["c_compiler"] as? String)?.contains("optimised") == true)
        #expect(((object["topology"] as? [String: Any])?["cpus"] as? [Any])?.isEmpty == false)
        #expect((object["hypervisor"] as? Bool == true) == (tuning["hypervisor_name"] as? String != "none"))
    }

    @Test("the distance of two CPUs follows from what they share")
    func distance() {
        let processors = ProcessorProbe()
        let cpu = processors.cpus[0]
        #expect(processors.distance(from: cpu.number, to: cpu.number) == "the same CPU")
        #expect(processors.distance(from: 60000, to: 0) == "unknown")
        for other in processors.cpus.dropFirst() where cpu.sharesL3With.contains(other.number) {
            #expect(
                ["two threads of one core", "two cores with one last-level cache"]
                    .contains(processors.distance(from: cpu.number, to: other.number)))
        }
    }
}
