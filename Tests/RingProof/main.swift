import Glibc
import RingExplorer
import SystemPackage
import TokenRing

// Explores the litmus tests and the rings, and prints what was found. Part of `make proof`.
//
//   RingProof              all of it
//   RingProof litmus       the memory model against the litmus tests
//   RingProof rings        the shipped rings: no execution may go wrong
//   RingProof quick        the smaller ones of these, for mutations
//   RingProof barriers     the rings without a barrier: each must be found, with the shortest trace
//   RingProof verdicts     one line a program that relacy has too, for scripts/proof/compare-relacy.sh
//
// Exit code 0 if all is as it must be, 70 if not, 64 for another argument.

let reports: [(name: String, run: () -> Bool)] = [
    ("litmus", reportLitmus), ("rings", { reportRings(RingPrograms.all) }), ("barriers", reportBarriers),
]

switch CommandLine.arguments.dropFirst().first {
case nil: exit(reports.map { $0.run() }.allSatisfy { $0 } ? 0 : 70)
case "verdicts": reportVerdicts()
case "quick": exit(reportRings(RingPrograms.quick) ? 0 : 70)
case let name?:
    guard let report = reports.first(where: { $0.name == name }) else {
        _ = try? FileDescriptor.standardError.writeAll(
            "RingProof: \(name) is none of litmus, rings, quick, barriers, verdicts\n".utf8)
        exit(64)
    }
    exit(report.run() ? 0 : 70)
}
