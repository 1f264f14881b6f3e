import Foundation
import RingTestSupport
import Testing

/// `ringbench compare` as a user and as CI meet it.
@Suite("Command line, compare")
struct CompareCommandTests {
    private func result(_ factor: Double, environment: String = "6.18") throws -> String {
        let path = "/tmp/ringbench-compare-\(UUID().uuidString).json"
        let values = (0..<20).map { "\((1 + Double($0 * 7 % 5) / 500) * factor)" }.joined(separator: ",")
        let text = """
            {"schema": "ringbench/1", "command": "ring", "options": {}, "interrupted": false,
             "environment": {"kernel_release": "\(environment)"},
             "ring": [{"implementation": "TokenRing", "repetitions_ns_per_entry": [\(values)]}]}
            """
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    @Test("0 without a regression, 1 with one")
    func exitCodes() throws {
        let (first, second) = (try result(1), try result(1.05))
        defer {
            unlink(first)
            unlink(second)
        }
        #expect(try Invocation.run(["compare", first, first]).exitCode == 0)
        #expect(try Invocation.run(["compare", second, first]).exitCode == 0, "faster is no regression")
        let slower = try Invocation.run(["compare", "--json", first, second])
        #expect(slower.exitCode == 1)
        let object = try JSONSerialization.jsonObject(with: Data(slower.output.utf8)) as? [String: Any]
        let comparison = try #require(object?["comparison"] as? [String: Any])
        #expect(comparison["regression_shown"] as? Bool == true && comparison["differences_shown"] as? Int == 1)
        let figure = try #require((comparison["figures"] as? [[String: Any]])?.first)
        #expect(figure["verdict"] as? String == "worse" && (figure["ratio_ci95"] as? [Double])?.count == 2)
        #expect(try Invocation.run(["compare", "--minimum-effect", "10", first, second]).exitCode == 0)
    }

    @Test("a result that gzip packed is read, and one that was cut off is a sentence")
    func packed() throws {
        let (first, second) = (try result(1), try result(1.05))
        defer { for path in ["\(first).gz", "\(second).gz"] { unlink(path) } }
        for path in [first, second] { #expect(try Invocation(program: "gzip", [path]).finish().exitCode == 0) }
        let run = try Invocation.run(["compare", "\(first).gz", "\(second).gz"])
        #expect(run.exitCode == 1 && run.output.contains("1 worse"), "\(run.errors)")
        try Data(contentsOf: URL(filePath: "\(first).gz")).dropLast(20).write(to: URL(filePath: "\(first).gz"))
        let cut = try Invocation.run(["compare", "\(first).gz", "\(second).gz"])
        #expect(cut.exitCode == 64 && cut.errors.contains("was cut off"), "\(cut.errors)")
    }

    @Test("what cannot be compared is one sentence and exit 64")
    func refusals() throws {
        let (first, other) = (try result(1), try result(1, environment: "6.19"))
        let cut = "\(first).cut"
        try Data(contentsOf: URL(filePath: first)).dropLast(30).write(to: URL(filePath: cut))
        defer { for path in [first, other, cut] { unlink(path) } }
        let wrong = [
            ([first, "/nonexistent.json"], "/nonexistent.json"), ([first, cut], "cut short"),
            ([first, other], "kernel_release"),
            ([first], "needs two"), (["--run", "true"], "twice"), (["--self", "--run", "true"], "--run"),
            ([first, first, "--figures", "moon"], "moon"), ([first, first, "--minimum-effect=-1"], "--minimum-effect"),
            (["--self", "--blocks", "3", "--most-blocks", "2"], "--most-blocks"),
        ]
        for (arguments, names) in wrong {
            let run = try Invocation.run(["compare"] + arguments)
            #expect(run.exitCode == 64 && run.output.isEmpty, "\(arguments)")
            #expect(run.errors.contains(names) && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        }
        #expect(try Invocation.run(["compare", "--force", first, other]).exitCode == 0)
    }

    @Test("two of its own runs are compared: fresh processes, the seed printed")
    func ownRuns() throws {
        let run = try Invocation.run([
            "compare", "--self", "--blocks", "1", "--most-blocks", "1", "--seed", "5", "--quiet", "--", "ring",
            "--place", "any", "--repetitions", "1", "--entries", "8192", "--batches", "64", "--json", "--quiet",
        ])
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.output.contains("by seed 5") && run.output.contains("no difference shown"), "\(run.output)")
        #expect(run.output.contains("ring/TokenRing entry_bytes 8 batch 64"))
    }

    @Test("a killed session leaves no command running")
    func killed() throws {
        let path = "/tmp/ringbench-child-\(UUID().uuidString)"
        defer { unlink(path) }
        let command = "sh -c 'echo $$ > \(path); echo started >&2; exec sleep 1000'"
        let session = try Invocation(["compare", "--run", command, "--run", command])
        let end = ContinuousClock.now + .seconds(60)
        var child: pid_t?
        while child == nil, ContinuousClock.now < end {
            child = (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { pid_t($0.dropLast()) }
            usleep(1000)
        }
        let identifier = try #require(child)
        session.kill()
        _ = session.finish()
        while kill(identifier, 0) == 0, ContinuousClock.now < end { usleep(1000) }
        #expect(kill(identifier, 0) != 0)
    }
}
