/// One cell of the matrix: a case against a proposal.
public struct ConformanceVerdict: Encodable, Sendable {
    /// The row of the sources, such as S2.
    public let id: String
    /// What happens in the case.
    public let name: String
    /// The proposal.
    public let mechanism: String
    /// What it came to.
    public let outcome: ConformanceOutcome
    /// What should be seen, step by step, and where that is from; empty when the case is not applicable.
    public let expected: String
    /// What was seen, why it is not applicable, or which defect it is and what was done to see it.
    public let detail: String
}
