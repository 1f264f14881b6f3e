import RingKernelModel
import Testing

@testable import RingBenchKit

/// Profiles, the search for the rate, the intervals, and what is said of the published findings.
@Suite("Profiles")
struct ProfileTests {
    // MARK: the interval

    @Test("the interval of the median of two runs is those two: a quarter of the draws has only one of them")
    func twoRuns() {
        #expect(Bootstrap().interval95(of: [10, 0]) == Bootstrap.Interval(low: 0, high: 10))
    }

    @Test("of 1 to 11 it is 3 to 9")
    func elevenRuns() {
        // The drawn median is k or less if 6 of 11 draws are: of Bin(11, 2/11) that is 0.7 %, of Bin(11, 3/11) 5.1 %.
        let interval = Bootstrap().interval95(of: [6, 1, 11, 2, 10, 3, 9, 4, 8, 5, 7])
        #expect(interval == Bootstrap.Interval(low: 3, high: 9))
    }

    @Test("it contains the median and does not depend on chance")
    func containsMedian() {
        for seed in UInt64(1)...20 {
            let values = (0..<11).map { Double((seed &* 2_654_435_761 &+ UInt64($0) &* 40503) % 1000) }
            let interval = Bootstrap().interval95(of: values)
            #expect((interval.low...interval.high).contains(Repetitions(values).median))
            #expect(interval == Bootstrap().interval95(of: values))
        }
        #expect(Bootstrap().interval95(of: [7, 7, 7]) == Bootstrap.Interval(low: 7, high: 7))
    }

    // MARK: the rate

    @Test("the rate that is found leaves the worker as idle as asked")
    func rate() throws {
        // A token costs less the more come at once, as batches do.
        func cost(_ rate: Double) -> Double { 200 + 4e7 / rate }
        let found = try RateSearch(idlePercent: 20).find(from: 500) { rate throws(Failure) in
            RateSearch.Sample(
                tokensPerSecond: rate, workNanosecondsPerToken: cost(rate), idlePercent: 100 - rate * cost(rate) / 1e7)
        }
        let idle = 100 - found.tokensPerSecond * cost(found.tokensPerSecond) / 1e7
        #expect(abs(idle - 20) < 0.1)
        #expect(found.samples.count == 6)
    }

    // MARK: files

    @Test("what a file leaves out is as in kperf, and every key is taken")
    func file() throws {
        let text = """
            {"name": "mine", "flows": 2, "read_bytes": 8192, "frag_bytes": 1448, "return_batch": 64, "held_tokens": 10,
             "threads": 2, "rings": 2, "burst_frags": 4, "window_frags": 256, "niovs": 4096, "niov_bytes": 8192,
             "other_bindings": [0, 1],
             "tokens": 5000, "delivery_entries": 512, "return_entries": 256, "seed": 9, "runs": 3, "run_ms": 50,
             "idle_percent": 20.5, "tokens_per_s": 1e6, "proposals": ["sockopt-uref"]}
            """
        let profile = try ProfileFile.parse(text, from: "mine.json")
        #expect(profile.name == "mine" && profile.runs == 3 && profile.runMilliseconds == 50)
        #expect(profile.idlePercent == 20.5 && profile.tokensPerSecond == 1e6 && profile.tokens == 5000)
        #expect(profile.proposals == ["sockopt-uref"])
        let load = profile.load
        #expect([load.flows, load.readBytes, load.fragBytes, load.returnBatch] == [2, 8192, 1448, 64])
        #expect([load.heldTokens, load.threads, load.rings, load.burstFrags, load.windowFrags] == [10, 2, 2, 4, 256])
        #expect([load.niovs, load.niovBytes, load.tokens] == [4096, 8192, 5000])
        #expect(load.otherBindings == [.manual, .automatic])
        #expect(load.deliveryEntries == 512 && load.returnEntries == 256 && load.seed == 9)
        let empty = try ProfileFile.parse("{}", from: "empty.json")
        #expect(empty.load.windowFrags == Profile.kperf.load.windowFrags && empty.runs == 11)
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let text: String
        let names: String
        var testDescription: String { text }
    }

    static let wrong = [
        Wrong(text: #"{"flowz": 4}"#, names: "\"flowz\""),
        Wrong(text: #"{"flows": "four"}"#, names: "\"flows\" must be a whole number"),
        Wrong(text: #"{"flows": 4.5}"#, names: "\"flows\" must be a whole number"),
        Wrong(text: #"{"flows": true}"#, names: "\"flows\" must be a whole number"),
        Wrong(text: #"{"flows": 0}"#, names: "\"flows\" is 0"),
        Wrong(text: #"{"proposals": "all"}"#, names: "an array of strings"),
        Wrong(text: #"{"proposals": ["carrier-pigeon"]}"#, names: "carrier-pigeon"),
        Wrong(text: #"{"delivery_entries": 3}"#, names: "\"delivery_entries\" is 3"),
        Wrong(text: #"{"delivery_entries": 8589934592}"#, names: "\"delivery_entries\" must be"),
        Wrong(text: #"{"delivery_entries": 8388608}"#, names: "\"delivery_entries\" is 8388608"),
        Wrong(text: #"{"niovs": 2097152, "niov_bytes": 2097152}"#, names: "MiB of memory"),
        Wrong(text: #"{"other_bindings": [0, 2]}"#, names: "\"other_bindings\" must be an array of modes"),
        Wrong(text: #"{"runs": 0}"#, names: "\"runs\" is 0"),
        Wrong(text: #"{"idle_percent": 100}"#, names: "\"idle_percent\" is 100"),
        Wrong(text: #"{"run_ms": 1}"#, names: "\"run_ms\" is 1"),
        Wrong(text: "[]", names: "JSON object"), Wrong(text: "{", names: "JSON object"),
    ]

    @Test("a wrong file is one sentence that names it and the key", arguments: wrong)
    func refuses(_ wrong: Wrong) throws {
        let failure = #expect(throws: Failure.self) { try ProfileFile.parse(wrong.text, from: "wrong.json") }
        #expect(failure?.kind == .usage)
        let sentence = failure?.description ?? ""
        #expect(sentence.contains("wrong.json") && sentence.contains(wrong.names), "\(sentence)")
        #expect(!sentence.contains("\n"))
    }

    // MARK: findings

    private func verdict(_ statement: String, _ idle: [String: [Double]]) -> PublishedFinding.Verdict? {
        PublishedFinding.all(idle.mapValues(Repetitions.init)).first { $0.statement.contains(statement) }?.verdict
    }

    @Test("a finding agrees, disagrees, or is not decided, by the interval of the differences")
    func findings() {
        let low = [10.0, 11, 12, 11, 10]
        let high = [20.0, 21, 22, 21, 20]
        let mixed = [5.0, 25, 2, 30, 11]
        #expect(verdict("counters beats the xarray", ["sockopt-uref": high, "sockopt-xarray": low]) == .agrees)
        #expect(verdict("counters beats the xarray", ["sockopt-uref": low, "sockopt-xarray": high]) == .disagrees)
        #expect(verdict("counters beats the xarray", ["sockopt-uref": mixed, "sockopt-xarray": low]) == .undecided)
        #expect(verdict("counters beats the xarray", ["sockopt-xarray": low]) == .notRun)
        #expect(verdict("table shows no gain", ["sockopt-hash": high, "sockopt-xarray": low]) == .disagrees)
        #expect(verdict("table shows no gain", ["sockopt-hash": low, "sockopt-xarray": low]) == .agrees)
        #expect(verdict("pointer", ["sockopt-pointer": high, "sockopt-xarray": low]) == .agrees)
    }

    @Test("refused fragments do not make a worker idle")
    func refusedCountAsWork() {
        var worker = WorkerTime()
        for _ in 0..<100 { worker.endLook(found: true) }
        func idle(dropped: Int) -> Double {
            var consumer = ConsumerCosts()
            consumer.worker = worker
            var traffic = Softirq.Outcome()
            (traffic.offered, traffic.dropped) = (1000, dropped)
            return ProposalRun.Outcome(
                consumer: consumer, issue: CostMeter(), release: CostMeter(), traffic: traffic, wallNanoseconds: 1
            ).idlePercent
        }
        #expect(idle(dropped: 500) == 0)
        #expect(idle(dropped: 0) >= idle(dropped: 100))
    }
}
