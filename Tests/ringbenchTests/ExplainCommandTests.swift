import Foundation
import RingKernelModel
import RingTestSupport
import Testing

/// `ringbench explain`. That every proposal fits on a screen is checked by scripts/run-tests.sh, with the optimised program.
@Suite("Explain")
struct ExplainCommandTests {
    private func object(_ arguments: [String]) throws -> [String: Any] {
        let run = try Invocation.run(arguments + ["--json"])
        #expect(run.exitCode == 0, "\(run.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    }

    @Test("every proposal says what it is, what its tokens do and what it costs, as design/mechanisms.md has it")
    func everyProposal() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let table = try String(contentsOf: root.appending(path: "design/mechanisms.md"), encoding: .utf8)
        let proposals = try #require(try object(["explain"])["proposals"] as? [[String: Any]])
        #expect(proposals.compactMap { $0["name"] as? String } == Composition.all.map(\.name))
        for proposal in proposals {
            let costs = try #require(proposal["costs"] as? [String: String])
            let tokens = try #require(proposal["tokens"] as? [String: String])
            #expect(costs.count == 7 && tokens.count == 6)
            #expect((Array(costs.values) + Array(tokens.values)).allSatisfy { !$0.isEmpty })
            let cells = ["token", "pool_reference", "memory"].map { "| \(costs[$0] ?? "nothing") |" }
            let isThere = table.split(separator: "\n").contains { line in cells.allSatisfy { line.contains($0) } }
            #expect(isThere, "\(proposal["name"] ?? ""): \(cells)")
        }
    }

    @Test("one screen says who proposed it, and what the conformance suite finds wrong with it")
    func oneProposal() throws {
        let cases = try #require(
            try object(["conformance", "--proposals", "sockopt-uref", "--random", "0"])["cases"] as? [[String: String]])
        let found = cases.filter { $0["outcome"] == "known-defect" }.compactMap { $0["id"] }
        #expect(!found.isEmpty)
        let run = try Invocation.run(["explain", "sockopt-uref"])
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.output.hasPrefix("sockopt-uref   A3, A13") && run.output.contains("Bobby Eshleman, net-next v10"))
        let told = try #require(run.output.firstRange(of: "What it does wrong"))
        for id in found { #expect(run.output[told.upperBound...].contains(id), "\(id)") }
        #expect(run.output.contains("fail 0, not-applicable") && run.output.contains("known-defect \(found.count)"))
    }

    @Test("without a name it lists all of them; another name is one sentence")
    func list() throws {
        let run = try Invocation.run(["explain"])
        #expect(run.exitCode == 0)
        for composition in Composition.all { #expect(run.output.contains("\n\(composition.name) ")) }
        let wrong = try Invocation.run(["explain", "carrier-pigeon"])
        #expect(wrong.exitCode == 64 && wrong.output.isEmpty)
        #expect(wrong.errors.contains("carrier-pigeon") && wrong.errors.split(separator: "\n").count == 1)
    }
}
