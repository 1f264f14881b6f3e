import RingBenchKit
import RingTestSupport
import Testing

extension AFXDP {
    @Suite("The kernel's selftests")
    struct XSKConformanceTests {
        private func report(_ cases: [String], _ modes: [XSKMode]) throws -> XSKReport {
            var conformance = XSKConformance()
            conformance.cases = cases
            conformance.modes = modes
            return try conformance.run(progress: Progress(quiet: true))
        }

        @Test(
            "cases of every kind pass in every mode of a virtual wire",
            arguments: [XSKMode(.skb), XSKMode(.drv), XSKMode(.drv, busyPoll: true)])
        func pass(mode: XSKMode) throws {
            let report = try report(["X1", "X7", "X8", "X11", "X18", "X20", "X21", "X22", "X23", "X25"], [mode])
            #expect(report.cases.count == 12)
            for verdict in report.cases { #expect(verdict.outcome == .pass, "\(verdict.id): \(verdict.detail)") }
        }

        @Test("model and kernel agree on everything that can be seen", arguments: [XSKMode(.skb), XSKMode(.drv)])
        func traces(mode: XSKMode) throws {
            let report = try report(["T1", "T2", "T3", "T4", "T5", "T6"], [mode])
            #expect(report.cases.count == 6)
            for verdict in report.cases { #expect(verdict.outcome == .pass, "\(verdict.id): \(verdict.detail)") }
        }

        @Test("a mode that the driver refuses is skipped with what the kernel said")
        func refusedMode() throws {
            let report = try report(["X3"], [XSKMode(.zc)])
            #expect(report.totals["skipped"] == 1)
            #expect(report.cases.first?.detail.contains("errno 95") == true)
        }

        @Test("rows name all their variants, unknown ones are a usage error", arguments: ["X99", "x1", ""])
        func unknownCase(id: String) throws {
            let failure = #expect(throws: Failure.self) { try report([id], [XSKMode(.skb)]) }
            #expect(failure?.kind == .usage)
            #expect(XSKConformance.caseIDs.filter { $0.hasPrefix("X24.") }.count == 4)
        }

        @Test(
            "a wrong command line ends with 64 and one sentence",
            arguments: [
                "--suite xsk --case X99", "--suite xsk --mode fast", "--suite xsk --mode zc", "--suite xsk -i lo",
                "--suite xsk --proposals mapped-ring", "--mode skb", "--suite tokens -i lo",
            ])
        func usage(line: String) throws {
            let words = ["conformance"] + line.split(separator: " ").map(String.init) + ["--quiet"]
            let run = try Invocation.run(words)
            #expect(run.exitCode == 64, "\(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        }

        @Test("the JSON has the keys of the other suite and the mode")
        func json() throws {
            let run = try Invocation.run(
                ["conformance", "--suite", "xsk", "--case", "X3", "--mode", "skb", "--json", "--quiet"])
            #expect(run.exitCode == 0, "\(run.errors)")
            for key in ["id", "name", "mechanism", "mode", "outcome", "expected", "detail"] {
                #expect(run.output.contains("\"\(key)\" : \""), "\(key)")
            }
        }
    }
}
