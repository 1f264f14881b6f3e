/// The result of `ringbench conformance`.
public struct ConformanceReport: Encodable, Sendable {
    /// The proposals, in the order of the matrix's columns.
    public let mechanisms: [String]
    /// Every cell.
    public let cases: [ConformanceVerdict]
    /// How many cells came to each outcome.
    public let totals: [String: Int]
    /// What random interleavings came to, a proposal each.
    public let random: [RandomVerdict]

    init(mechanisms: [String], cases: [ConformanceVerdict], random: [RandomVerdict]) {
        self.random = random
        self.mechanisms = mechanisms
        self.cases = cases
        var totals: [String: Int] = [:]
        for outcome in ConformanceOutcome.allCases {
            totals[outcome.rawValue] = cases.count { $0.outcome == outcome }
        }
        self.totals = totals
    }

    /// Cells that failed.
    public var failures: [ConformanceVerdict] { cases.filter { $0.outcome == .fail } }

    /// Ends the command when something failed.
    ///
    /// - Throws: `Failure` of kind `checkFailed` that names the first cells.
    public func require() throws(Failure) {
        guard failures.isEmpty else {
            let first = failures.prefix(3).map { "\($0.id) on \($0.mechanism)" }.joined(separator: ", ")
            throw Failure(.checkFailed, "\(failures.count) of \(cases.count) cells fail: \(first)")
        }
        guard let wrong = random.first(where: { $0.outcome == .fail }) else { return }
        throw Failure(.checkFailed, "random operations on \(wrong.mechanism), seed \(wrong.seed): the books are wrong")
    }
}
