import Glibc
import Testing

@testable import RingBenchKit

/// Commands that are run in turn, in processes of their own.
@Suite("compare, a session", .serialized)
struct ComparisonSessionTests {
    private func session(
        _ first: String, _ second: String, _ change: (inout ComparisonSession) -> Void = { _ in }
    ) throws(Failure) -> ComparisonReport {
        var session = try ComparisonSession(first: first, second: second)
        session.seed = 7
        session.blocks = 6...9
        change(&session)
        return try session.run(progress: Progress(quiet: true))
    }

    @Test("the same command twice shows no difference; narrow intervals end it at the fewest blocks")
    func same() throws {
        let path = try RecordedResult(values: RecordedResult.quiet).write()
        defer { unlink(path) }
        let report = try session("cat \(path)", "cat '\(path)'")
        #expect(report.figures.map(\.verdict) == [.noDifferenceShown])
        let record = try #require(report.session)
        #expect(record.order.count == 6 && record.isNarrowEnough && record.seed == 7)
        #expect(Set(record.order) == ["ABBA", "BAAB"])
    }

    @Test("the order follows from the seed")
    func order() throws {
        let path = try RecordedResult(values: RecordedResult.quiet).write()
        defer { unlink(path) }
        let orders = try [7, 7, 8].map { seed in
            try session("cat \(path)", "cat \(path)") { $0.seed = seed }.session?.order
        }
        #expect(orders[0] == orders[1] && orders[0] != orders[2])
    }

    @Test("a command that takes 5 % longer is found")
    func slower() throws {
        let first = try RecordedResult(values: RecordedResult.quiet).write()
        let second = try RecordedResult(values: RecordedResult.quiet.map { $0 * 1.05 }).write()
        defer {
            unlink(first)
            unlink(second)
        }
        let report = try session("cat \(first)", "cat \(second)")
        #expect(report.figures.map(\.verdict) == [.worse] && report.showsRegression)
        #expect(abs(report.figures[0].ratio - 1.05) < 1e-9)
    }

    @Test("what drifts evenly is no difference: two of each are in a block, one before and one after")
    func drift() throws {
        // Each run is 2 % slower than the one before, whoever it is.
        let folder = try RecordedResult(values: [1]).write()
        defer { unlink(folder) }
        let count = "\(folder).count"
        defer { unlink(count) }
        let script = """
            sh -c 'echo >> \(count); n=$(wc -l < \(count)); v=$((1000 + 20 * n)); sed "s/\\[1\\]/[$v]/" \(folder)'
            """
        let report = try session(script, script) { $0.precision = 0.5 }
        let figure = try #require(report.figures.first)
        #expect(figure.verdict == .noDifferenceShown && abs(figure.ratio - 1) < 1e-9)
        #expect(try #require(figure.noiseFloor) > 0.01, "the runs of one side do lie apart")
    }

    @Test("intervals that never get narrow are said to be wide")
    func wide() throws {
        let path = try RecordedResult(values: [1]).write()
        defer { unlink(path) }
        // 1000 to 1999, by the process's number.
        let script = """
            sh -c 'sed "s/\\[1\\]/[$((1000 + $$ * $$ * 7919 % 1000))]/" \(path)'
            """
        let report = try session(script, script) { $0.precision = 0.0001 }
        let record = try #require(report.session)
        #expect(record.order.count == 9 && !record.isNarrowEnough)
        #expect(report.text.contains("Not every interval"))
    }

    @Test("a command that fails, prints no JSON, or is not there ends it with a sentence of its own")
    func failing() {
        let cases = [
            ("sh -c 'echo no such thing >&2; exit 69'", FailureKind.unavailable, "ended with 69: no such thing"),
            ("sh -c 'exit 1'", .systemCall, "ended with 1"), ("echo hello", .usage, "printed no JSON"),
            ("/nonexistent/program", .systemCall, "/nonexistent/program"),
        ]
        for (command, kind, sentence) in cases {
            let failure = #expect(throws: Failure.self) { try session(command, command) }
            #expect(failure?.kind == kind && failure?.description.contains(sentence) == true, "\(command)")
        }
    }

    @Test("words are split at blanks, and quotes hold them together")
    func words() throws {
        #expect(try MeasuredCommand(" a  'b c' d\"e f\"g '' ").words == ["a", "b c", "de fg", ""])
        #expect(throws: Failure.self) { try MeasuredCommand("a 'b") }
        #expect(throws: Failure.self) { try MeasuredCommand("  ") }
    }
}
