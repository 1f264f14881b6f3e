/// A chart as the gnuplot program that draws it, data included.
struct ReportChart: Sendable {
    /// Short and unique; names the file and what is in it.
    let name: String
    let title: String
    /// What is to be seen and what the marks mean.
    let caption: String
    let width: Int
    let height: Int
    /// Lines of gnuplot after the terminal is set.
    let program: [String]
}

/// Words and numbers as gnuplot takes them.
enum Gnuplot {
    /// A quoted string. Between single quotes gnuplot neither escapes nor runs anything; what does not belong into a label becomes a
    /// question mark.
    static func quoted(_ text: String) -> String {
        let safe = text.map { character in
            character.isASCII && !character.isNewline && character != "'" && character != "`" ? character : "?"
        }
        return "'\(String(safe))'"
    }

    /// Columns of numbers as a data block; `?` where there is none.
    static func block(_ name: String, _ rows: [[Double?]]) -> [String] {
        let lines = rows.map { row in
            row.map { value in value.map { $0.isFinite ? $0.text(4) : "?" } ?? "?" }.joined(separator: " ")
        }
        return ["$\(name) << EOD"] + lines + ["EOD"]
    }

    /// Labels at 0, 1, 2 ... for an axis.
    static func tics(_ labels: [String]) -> String {
        labels.enumerated().map { "\(quoted($0.element)) \($0.offset)" }.joined(separator: ", ")
    }
}
