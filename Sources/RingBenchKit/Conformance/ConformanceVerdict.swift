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
    /// The defect of the posted code, by name; empty if it is none.
    var defect = ""
    /// What was seen; why it is not applicable; or, of a failure or defect, what was done and what was seen.
    public let detail: String

    /// Writes the defect's name in front of the detail.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "id": id, "name": name, "mechanism": mechanism, "outcome": outcome, "expected": expected,
            "detail": defect.isEmpty ? detail : "\(defect): \(detail)",
        ])
    }
}
