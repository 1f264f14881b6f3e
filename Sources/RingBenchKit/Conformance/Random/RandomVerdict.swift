/// What random interleavings came to for one proposal.
public struct RandomVerdict: Encodable, Sendable {
    /// The proposal.
    public let mechanism: String
    /// `pass` or `fail`.
    public let outcome: ConformanceOutcome
    /// Operations done.
    public let operations: Int
    /// The seed that decides them.
    public let seed: UInt64
    /// Tokens handed out.
    public let tokens: UInt64
    /// Calls and ring entries of which something was refused, each as it should.
    public let refusals: UInt64
    /// Inputs that it was not driven with, and the cases that show their defect.
    public let leftOut: [String]
    /// What was wrong, and the operations that show it; empty if nothing was.
    public let detail: String

    private enum CodingKeys: String, CodingKey {
        case mechanism, outcome, operations, seed, tokens, refusals
        case leftOut = "left_out"
        case detail
    }
}
