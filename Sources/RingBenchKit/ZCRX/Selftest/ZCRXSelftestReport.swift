/// What `ringbench zcrx selftest` found.
public struct ZCRXSelftestReport: Encodable, Sendable {
    /// What a case came to.
    public enum Outcome: String, Encodable, Sendable, CaseIterable {
        /// The kernel does what liburing's test asks.
        case pass
        /// It does not.
        case fail
        /// It cannot be tried here.
        case skip
    }

    /// One case.
    public struct Verdict: Encodable, Sendable {
        /// L1 to L14 of the sources.
        public let id: String
        /// What is tried.
        public let name: String
        /// What it came to.
        public let outcome: Outcome
        /// How much was checked, what was wrong, or why it was not tried.
        public let detail: String
    }

    /// Always `kernel`.
    public let evidence = Evidence.kernel
    /// Every case.
    public let cases: [Verdict]
    /// How many cases came to each outcome.
    public let totals: [String: Int]

    init(cases: [Verdict]) {
        self.cases = cases
        totals = Dictionary(
            uniqueKeysWithValues: Outcome.allCases.map { outcome in
                (outcome.rawValue, cases.count { $0.outcome == outcome })
            })
    }

    /// Ends the command when something failed.
    ///
    /// - Throws: `Failure` of kind `checkFailed` that names the cases.
    public func require() throws(Failure) {
        let failed = cases.filter { $0.outcome == .fail }.map(\.id)
        guard failed.isEmpty else {
            throw Failure(
                .checkFailed, "\(failed.count) of \(cases.count) cases fail: \(failed.joined(separator: ", "))")
        }
    }
}
