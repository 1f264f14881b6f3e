/// What a case came to for one proposal.
public enum ConformanceOutcome: String, Codable, Sendable, CaseIterable {
    /// It does what the sources say.
    case pass
    /// It does not, and nobody said that it would not.
    case fail
    /// The proposal has nothing that the case is about.
    case notApplicable = "not-applicable"
    /// It does what the sources say that the posted code wrongly does. Never for a proposal of this project.
    case knownDefect = "known-defect"

    /// One letter for the matrix.
    public var letter: Character {
        switch self {
        case .pass: "+"
        case .fail: "F"
        case .notApplicable: "."
        case .knownDefect: "D"
        }
    }
}
