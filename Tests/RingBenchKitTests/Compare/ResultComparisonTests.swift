import Testing

@testable import RingBenchKit

/// Two stored results: what is found in them, when a difference counts, and what is refused.
@Suite("compare, stored results")
struct ResultComparisonTests {
    private func compare(
        _ first: RecordedResult, _ second: RecordedResult, _ change: (inout ResultComparison) -> Void = { _ in }
    ) throws(Failure) -> ComparisonReport {
        var comparison = ResultComparison()
        change(&comparison)
        return try comparison.compare(
            StoredResult(first.text, from: "A"), StoredResult(second.text, from: "B"))
    }

    private func verdict(_ first: [Double], _ second: [Double], minimumEffect: Double = 0.02) throws -> FigureComparison
    {
        let report = try compare(RecordedResult(values: first), RecordedResult(values: second)) {
            $0.minimumEffect = minimumEffect
        }
        return try #require(report.figures.first)
    }

    // MARK: verdicts

    @Test("a result against itself shows no difference")
    func itself() throws {
        let report = try compare(
            RecordedResult(values: RecordedResult.quiet), RecordedResult(values: RecordedResult.quiet))
        #expect(report.figures.map(\.verdict) == [.noDifferenceShown] && !report.showsRegression)
        #expect(report.figures[0].ratio == 1)
    }

    @Test("5 % more time is found, and so is 5 % less")
    func fivePercent() throws {
        let slower = try verdict(RecordedResult.quiet, RecordedResult.quiet.map { $0 * 1.05 })
        #expect(slower.verdict == .worse && abs(slower.ratio - 1.05) < 1e-9)
        #expect(slower.interval.low > 1 && slower.interval.low < 1.05 && slower.interval.high > 1.05)
        #expect(try verdict(RecordedResult.quiet, RecordedResult.quiet.map { $0 / 1.05 }).verdict == .better)
    }

    @Test("5 % is not found where runs of the same thing lie further apart, and the floor says so")
    func underTheFloor() throws {
        // Every other run takes 6 % longer.
        let first = (0..<20).map { 1 + Double($0 % 2) * 0.06 + Double($0 % 5) / 1000 }
        let figure = try verdict(first, first.map { _ in 1.082 })
        #expect(figure.interval.low > 1 && figure.ratio > 1.02, "sure, and large enough")
        #expect(try #require(figure.noiseFloor) > figure.ratio - 1)
        #expect(figure.verdict == .noDifferenceShown)
    }

    @Test("a change below the minimum effect gets no verdict, however sure it is")
    func minimumEffect() throws {
        let values = (0..<40).map { 1 + Double($0 % 5) * 1e-4 }
        #expect(try verdict(values, values.map { $0 * 1.01 }).verdict == .noDifferenceShown)
        #expect(try verdict(values, values.map { $0 * 1.01 }, minimumEffect: 0.005).verdict == .worse)
    }

    @Test("too few repetitions get no verdict: how far runs of the same thing lie apart is not known")
    func fewRepetitions() throws {
        let figure = try verdict([1, 1.01, 1], [2, 2.01, 2])
        #expect(figure.verdict == .noDifferenceShown && figure.noiseFloor == nil)
    }

    @Test("of a rate more is better")
    func rate() throws {
        let values = RecordedResult.quiet
        let report = try compare(
            RecordedResult(values: values, rates: values),
            RecordedResult(values: values, rates: values.map { $0 * 1.1 }))
        let figure = try #require(report.figures.first { $0.name == "proposals/mapped-ring/tokens_per_s" })
        #expect(figure.verdict == .better && report.figures.count == 2)
    }

    @Test("the text has the ratio, the interval, the floor and the verdict")
    func text() throws {
        let report = try compare(
            RecordedResult(values: RecordedResult.quiet), RecordedResult(values: RecordedResult.quiet.map { $0 * 1.05 })
        )
        for part in ["ring/TokenRing entry_bytes 8 batch 64/ns_per_entry", "1.050", "slower", "20+20", "1 worse"] {
            #expect(report.text.contains(part), "\(part) is not in \(report.text)")
        }
    }

    // MARK: what is in a result

    @Test("figures are found in each of the four ways in which commands keep them")
    func conventions() throws {
        let text = """
            {"schema": "ringbench/1", "command": "all", "options": {}, "environment": {}, "interrupted": false,
             "proposals": [{"name": "p", "repetitions": {"cpu_ns_per_token": [1, 2], "disturbed_batches": [0, 1]},
                            "worker_idle_percent_ci95": [1, 2], "reference_ns_per_token": [1, 2],
                            "between_processes": {"repetitions": {"cpu_ns_per_token": [3]}}}],
             "ring": [{"implementation": "i", "batch": 16, "entry_bytes": 8, "repetitions_ns_per_entry": [4]}],
             "system_calls": {"calls": [{"name": "getppid", "ns_per_call": {"values_ns": [5], "median_ns": 5}}]},
             "xdp": {"cells": [{"packet_bytes": 64, "rows": [{"receiver": "r", "receive_ns_per_frame": [6]}]}]},
             "sweeps": [{"name": "s", "axes": ["held_tokens"],
                         "points": [{"held_tokens": 7, "proposals": [{"name": "q", "repetitions": {"tokens_per_s": [7]}}]}]}]}
            """
        let figures = try StoredResult(text, from: "A").figures
        #expect(
            Dictionary(uniqueKeysWithValues: figures.map { ($0.name, $0.values) }) == [
                "proposals/p/cpu_ns_per_token": [1, 2], "proposals/p/between_processes/cpu_ns_per_token": [3],
                "ring/i entry_bytes 8 batch 16/ns_per_entry": [4], "system_calls/calls/getppid/ns_per_call": [5],
                "xdp/cells/packet_bytes 64/rows/r/receive_ns_per_frame": [6],
                "sweeps/s/points/held_tokens 7/proposals/q/tokens_per_s": [7],
            ])
    }

    // MARK: refusals

    private func refusal(_ body: () throws(Failure) -> Void) -> String {
        let failure = #expect(throws: Failure.self) { try body() }
        #expect(failure?.kind == .usage)
        return failure?.description ?? ""
    }

    @Test("other environments are refused, the keys named, unless forced")
    func environments() throws {
        let first = RecordedResult(values: RecordedResult.quiet)
        var second = first
        second.environment["kernel_release"] = "6.19"
        #expect(
            refusal { () throws(Failure) in _ = try compare(first, second) }.contains("kernel_release (6.18 / 6.19)"))
        let forced = try compare(first, second) { $0.force = true }
        #expect(forced.differences.map(\.key) == ["kernel_release"] && forced.text.contains("kernel_release"))
    }

    @Test("what differs from run to run on one machine is no other environment")
    func varying() throws {
        let first = RecordedResult(values: RecordedResult.quiet)
        var second = first
        second.environment["load_average"] = "1.0"
        #expect(try compare(first, second).differences.isEmpty)
    }

    @Test("another schema, a cut file, an empty run, and results of different commands are a sentence each")
    func otherInput() throws {
        var other = RecordedResult(values: [1])
        other.schema = "ringbench/2"
        let texts = [
            (other.text, "A has schema ringbench/2 and this ringbench reads ringbench/1"),
            (String(other.text.dropLast(40)), "A is not a whole JSON object"), ("[]", "A has no schema"),
            (RecordedResult(values: []).text, "A holds no repetition of any figure"),
        ]
        for (text, sentence) in texts {
            #expect(refusal { () throws(Failure) in _ = try StoredResult(text, from: "A") }.contains(sentence))
        }
        let first = RecordedResult(values: [1])
        var second = first
        second.batch = 16
        #expect(refusal { () throws(Failure) in _ = try compare(first, second) }.contains("no figure in common"))
    }

    @Test("JSON nested a million deep is a sentence too, and no crash")
    func nested() {
        let text = String(repeating: "[", count: 1_000_000)
        #expect(refusal { () throws(Failure) in _ = try StoredResult(text, from: "A") }.contains("not a whole JSON"))
    }
}
