import RingTestSupport
import Testing

/// `ringbench serve` on the command line; what it does is in CrossProcessTests.
@Suite("serve")
struct ServeCommandTests {
    static let wrong: [(arguments: [String], exitCode: Int32, names: String)] = [
        ([], 64, "--socket"),
        (["--socket", "/nonexistent/rings"], 71, "/nonexistent/rings"),
        (["--socket", "/" + String(repeating: "x", count: 200)], 71, "name"),
        (["--socket", ""], 71, "--socket"),
        (["--socket", "/tmp/x", "--proposal", "carrier-pigeon"], 64, "carrier-pigeon"),
        (["--socket", "/tmp/x", "--proposal", "sockopt-uref"], 64, "mapped-ring"),
        (["--socket", "/tmp/x", "--proposal", "mapped-ring", "--clean-up", "ring-close"], 64, "mapped-ring"),
        (["--socket", "/tmp/x", "--clean-up", "never"], 64, "never"),
        (["--socket", "/tmp/x", "--flows", "0"], 64, "--flows"),
        (["--socket", "/tmp/x", "--flows", "65"], 64, "--flows"),
        (["--socket", "/tmp/x", "--niovs", "1"], 64, "--niovs"),
        (["--socket", "/tmp/x", "--delivery-ring", "3"], 64, "--delivery-ring"),
        (["--socket", "/tmp/x", "--return-ring", "0"], 64, "--return-ring"),
        (["--socket", "/tmp/x", "--rate", "10000000000"], 64, "--rate"),
        (["--socket", "/tmp/x", "-o", "/nonexistent/result"], 71, "/nonexistent/result"),
    ]

    @Test("a wrong word is answered by a sentence that names it, and by the right exit code", arguments: wrong.indices)
    func refuses(number: Int) throws {
        let wrong = Self.wrong[number]
        let run = try Invocation.run(["serve"] + wrong.arguments)
        #expect(run.exitCode == wrong.exitCode, "\(wrong.arguments): \(run.errors)")
        #expect(run.errors.contains(wrong.names), "\(wrong.arguments): \(run.errors)")
        #expect(run.output.isEmpty && !run.errors.contains("Fatal error"))
    }
}
