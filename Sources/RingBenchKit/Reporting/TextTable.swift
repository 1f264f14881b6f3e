/// A table for a terminal: first column to the left, the others to the right.
public struct TextTable {
    private var rows: [[String]]

    /// A table with its head line.
    public init(_ head: [String]) { rows = [head] }

    /// Adds a line.
    public mutating func add(_ row: [String]) { rows.append(row) }

    /// The lines, columns aligned.
    public var text: String { text(numbersFrom: 1) }

    /// The same for words: every column to the left.
    public var leftAligned: String { text(numbersFrom: .max) }

    private func text(numbersFrom first: Int) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                let isLast = column == row.count - 1
                line += (column == 0 ? "" : "  ") + (column >= first ? padding + cell : isLast ? cell : cell + padding)
            }
            return line
        }.joined(separator: "\n")
    }
}
