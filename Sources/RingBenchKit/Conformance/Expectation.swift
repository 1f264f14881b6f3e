/// What the sources say that a case shows, for the proposals that a property selects. The first that applies counts.
struct Expectation: Sendable {
    /// A property of a proposal.
    typealias Property = @Sendable (Subject) -> Bool

    /// What is to be seen.
    enum Kind: Sendable {
        /// Exactly this, step by step.
        case sees([String])
        /// `right` should be seen, and the code as it was posted shows `posted` instead (nil: anything).
        case defect(name: String, right: [String], posted: [String]?)
        /// The case says nothing about such a proposal.
        case notApplicable(String)
    }

    let kind: Kind
    let applies: Property
    /// The row or mail that says so.
    let source: String

    /// Exactly these steps.
    static func sees(_ steps: [String], _ source: String, when applies: @escaping Property = { _ in true }) -> Self {
        Expectation(kind: .sees(steps), applies: applies, source: source)
    }

    /// A defect of the code as it was posted.
    static func defect(
        _ name: String, right: [String], posted: [String]?, _ source: String,
        when applies: @escaping Property = { _ in true }
    ) -> Self {
        Expectation(kind: .defect(name: name, right: right, posted: posted), applies: applies, source: source)
    }

    /// Why the case says nothing.
    static func notApplicable(_ reason: String, when applies: @escaping Property = { _ in true }) -> Self {
        Expectation(kind: .notApplicable(reason), applies: applies, source: "")
    }

    /// What should be seen, in one line; empty when the case is not applicable.
    var text: String {
        switch kind {
        case .sees(let steps), .defect(_, let steps, _): steps.joined(separator: "; ")
        case .notApplicable: ""
        }
    }
}
