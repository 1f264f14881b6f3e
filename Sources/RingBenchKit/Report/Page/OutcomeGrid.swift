/// What many cases came to, one glyph a cell.
struct OutcomeGrid: Sendable {
    /// Short and unique.
    let id: String
    let caption: String
    /// The columns' names.
    let columns: [String]
    let rows: [Row]

    /// A case.
    struct Row: Sendable {
        let id: String
        let name: String
        /// One for each column; nil where it was not run.
        let outcomes: [Outcome?]
    }

    /// Told apart by glyph, by colour, and by weight.
    enum Outcome: String, Sendable, CaseIterable {
        case pass, fail
        case notApplicable = "not-applicable"
        case skipped
        case knownDefect = "known-defect"

        /// What a command writes.
        init?(written: String?) {
            guard let written, let outcome = Outcome(rawValue: written == "skip" ? "skipped" : written) else {
                return nil
            }
            self = outcome
        }

        /// As the terminal's matrix has it.
        var glyph: String {
            switch self {
            case .pass: "+"
            case .fail: "F"
            case .notApplicable: "\u{00B7}"
            case .skipped: "s"
            case .knownDefect: "D"
            }
        }

        /// For a legend.
        var meaning: String {
            switch self {
            case .pass: "pass"
            case .fail: "fail"
            case .notApplicable: "not applicable"
            case .skipped: "this kernel or driver cannot run it"
            case .knownDefect: "known defect of the code as it was posted"
            }
        }
    }

    /// Those that occur.
    var outcomes: [Outcome] {
        let all = Set(rows.flatMap(\.outcomes).compactMap { $0 })
        return Outcome.allCases.filter(all.contains)
    }

    /// How many cells came to an outcome.
    func count(_ outcome: Outcome) -> Int { rows.reduce(0) { $0 + $1.outcomes.count { $0 == outcome } } }
}
