import RingKernelModel
import Testing

@testable import RingBenchKit

/// The matrix itself, and that whoever runs it notices what is wrong.
@Suite("Conformance matrix")
struct ConformanceMatrixTests {
    private static let report = Result {
        var conformance = Conformance()
        conformance.operations = 0
        return try conformance.run(progress: Progress(quiet: true))
    }

    @Test("no cell fails, and each proposal meets each case once")
    func nothingFails() throws {
        let report = try Self.report.get()
        for cell in report.failures { Issue.record("\(cell.id) on \(cell.mechanism): \(cell.expected) \(cell.detail)") }
        #expect(report.cases.count == Conformance.caseIDs.count * Composition.all.count)
        #expect(report.totals["pass"] ?? 0 > 1000)
        try report.require()
    }

    @Test("every row of the sources is a case")
    func everyRow() {
        let wanted =
            (1...22).map { "A\($0)" } + (1...16).map { "B\($0)" } + (1...8).map { "C\($0)" } + (1...20).map { "S\($0)" }
            + ["D1", "D4", "D5", "D6", "Z1", "Z2", "Z6", "L2", "U0", "U1", "U2"] + (10...14).map { "L\($0)" }
            + (1...6).map { "V\($0)" }
        #expect(Set(wanted).isSubset(of: Conformance.caseIDs))
        #expect(Set(Conformance.caseIDs).count == Conformance.caseIDs.count, "an id is there twice")
    }

    @Test("known defects are of what others posted, never of what this project proposes, and each has its trace")
    func knownDefects() throws {
        let defects = try Self.report.get().cases.filter { $0.outcome == .knownDefect }
        #expect(defects.count > 20)
        for cell in defects {
            let standing = try #require(Composition.named(cell.mechanism)).standing
            #expect(standing != .ours, "\(cell.id) on \(cell.mechanism)")
            #expect(cell.detail.contains("done: ") && cell.detail.contains("seen: ") && !cell.defect.isEmpty)
        }
        let underflow = try #require(defects.first { $0.id == "S2" && $0.mechanism == "sockopt-uref" })
        #expect(underflow.defect.contains("in the pool while user space reads it"))
    }

    @Test("every row A1 to A22 has a proposal that stands for it", arguments: 1...22)
    func standsForRow(_ number: Int) throws {
        let cells = try Self.report.get().cases.filter { $0.id == "A\(number)" && $0.outcome != .notApplicable }
        #expect(!cells.isEmpty)
        #expect(cells.allSatisfy { Composition.named($0.mechanism)?.rows.contains("A\(number)") == true })
    }

    @Test("what is not applicable says why, and what is says what is expected and where from")
    func reasons() throws {
        for cell in try Self.report.get().cases {
            #expect(!cell.detail.isEmpty, "\(cell.id) on \(cell.mechanism)")
            #expect(cell.expected.isEmpty == (cell.outcome == .notApplicable), "\(cell.id) on \(cell.mechanism)")
        }
    }

    // MARK: seen to fail

    @Test("a wrong expectation fails, with what was expected and what was seen")
    func wrongExpectation() throws {
        let good = try #require(Scenario.named("S5"))
        let wrong = Scenario(
            "S5", good.name, expect: [.sees(["ret 1", "in the pool", "ret 1", "in the pool"], "nobody")],
            configure: good.configure, run: good.run)
        let subject = try Subject(try #require(Composition.named("mapped-ring")))
        #expect(ConformanceMatrix.judge(good, subject).outcome == .pass)
        let verdict = ConformanceMatrix.judge(wrong, subject)
        #expect(verdict.outcome == .fail)
        #expect(verdict.expected.contains("in the pool; ret 1") && verdict.detail.contains("ret 1; held; ret 1"))
    }

    @Test("a case that leaves out a proposal fails there")
    func forgottenProposal() throws {
        let scenario = Scenario("S0", "nothing", expect: [.sees([], "nobody", when: { $0.returnsByRing })]) { _ in }
        let subject = try Subject(try #require(Composition.named("sockopt-xarray")))
        #expect(ConformanceMatrix.judge(scenario, subject).outcome == .fail)
    }

    @Test("the defect that is known of others is a failure of ours", arguments: ["S2", "S3", "S13"])
    func defectOfOurs(_ id: String) throws {
        var composition = try #require(Composition.named("sockopt-uref"))
        let scenario = try #require(Scenario.named(id))
        #expect(ConformanceMatrix.judge(scenario, try Subject(composition)).outcome == .knownDefect)
        composition.standing = .ours
        #expect(ConformanceMatrix.judge(scenario, try Subject(composition)).outcome == .fail)
    }

    @Test("another defect than the known one is a failure")
    func otherDefect() throws {
        let subject = try Subject(try #require(Composition.named("sockopt-uref")))
        let scenario = try #require(Scenario.named("S2"))
        let other = Scenario(
            "S2", scenario.name,
            expect: [.defect("another", right: ["ret 1", "ret 0"], posted: ["ret 1", "-EINVAL"], "nobody")],
            configure: scenario.configure, run: scenario.run)
        #expect(ConformanceMatrix.judge(other, subject).outcome == .fail)
    }

    @Test("a token that stays out when all is closed fails a case that does not say so")
    func leak() throws {
        let scenario = Scenario("S0", "a leak", keepsTokens: true, expect: [.sees([], "nobody")]) { kernel in
            _ = try kernel.one()
        }
        let verdict = ConformanceMatrix.judge(
            scenario, try Subject(try #require(Composition.named("sockopt-uref-never"))))
        #expect(verdict.outcome == .fail && verdict.detail.contains("63 of 64 buffers in the pool"))
    }

    @Test("a failure ends the command with 1 and names the cell")
    func exitCode() throws {
        let cell = ConformanceVerdict(
            id: "S1", name: "", mechanism: "mapped-ring", outcome: .fail, expected: "x", detail: "y")
        let report = ConformanceReport(mechanisms: ["mapped-ring"], cases: [cell], random: [])
        let failure = #expect(throws: Failure.self) { try report.require() }
        #expect(failure?.kind.rawValue == 1 && failure?.description.contains("S1 on mapped-ring") == true)
        #expect(report.text.contains("Failures\nS1 mapped-ring"))
    }
}
