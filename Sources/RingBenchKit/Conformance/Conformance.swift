import RingKernelModel

/// `ringbench conformance`: the cases of the sources against every proposal, and random interleavings of calls against a
/// model of what user space holds.
public struct Conformance: Sendable {
    /// Ids of all cases, in order.
    public static var caseIDs: [String] { Scenario.all.map(\.id) }

    /// Cases to run, by id.
    public var cases = Conformance.caseIDs
    /// Proposals to run them against.
    public var compositions = Composition.all
    /// Random operations for each proposal; 0 for none.
    public var operations = 20000
    /// Decides the random operations.
    public var seed: UInt64 = 1

    /// Everything.
    public init() {}

    /// Runs it.
    ///
    /// - Throws: `Failure` when nothing is written down about a proposal.
    public func run(progress: Progress) throws(Failure) -> ConformanceReport {
        var subjects: [Subject] = []
        for composition in compositions { subjects.append(try Subject(composition)) }
        let scenarios = Scenario.all.filter { cases.contains($0.id) }
        let verdicts = ConformanceMatrix(scenarios: scenarios, subjects: subjects).run(progress: progress)
        let runs = RandomRuns(subjects: subjects, seed: seed, operations: operations)
        let random = operations > 0 ? try runs.run(progress: progress) : []
        return ConformanceReport(mechanisms: subjects.map(\.name), cases: verdicts, random: random)
    }
}
