import Foundation
import RingTestSupport
import Testing

/// What a command says while it runs: events for programs, one growing line on a terminal.
@Suite("Live output")
struct LiveOutputTests {
    private func events(_ arguments: [String]) throws -> [(event: String, data: [String: Any])] {
        let run = try Invocation.run(arguments + ["--json-stream"])
        #expect(run.exitCode == 0 && run.errors.isEmpty, "\(run.errors)")
        return try run.output.split(separator: "\n").map { line in
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            return (try #require(object["event"] as? String), try #require(object["data"] as? [String: Any]))
        }
    }

    private static let ring = [
        "ring", "--place", "any", "--repetitions", "2", "--entries", "8192", "--batches", "64", "--entry-bytes", "8",
    ]

    @Test("ring --json-stream tells each round of each ring")
    func ring() throws {
        let events = try events(Self.ring)
        let intervals = events.filter { $0.event == "interval" }
        #expect(intervals.count == 2 * 4 && intervals.allSatisfy { $0.data["key"] as? String == "ns_per_entry" })
        #expect((events.last?.data["ring"] as? [Any])?.count == 4)
    }

    @Test("on a terminal one line is rewritten, no longer than the terminal, and grows by the medians so far")
    func growingLine() throws {
        let ringbench = PeerProcess.productsDirectory().appending("ringbench").string
        let run = try Invocation(
            program: "script",
            ["-qec", "stty cols 90; \(ringbench) \(Self.ring.joined(separator: " "))", "/dev/null"]
        ).finish()
        let lines = run.output.components(separatedBy: "\r\u{1B}[K").filter { $0.hasPrefix("ring: round") }
        #expect(lines.count == 2, "\(run.output)")
        #expect(lines.first == "ring: round 1 of 2")
        #expect(lines.last?.hasPrefix("ring: round 2 of 2   ns_per_entry: TokenRing 8 B, batch 64 ") == true)
        #expect(lines.last?.count == 89)
        let plain = try Invocation.run(Self.ring)
        #expect(plain.errors.contains("ring: round 1 of 2\n") && !plain.errors.contains("\u{1B}"))
    }
}
