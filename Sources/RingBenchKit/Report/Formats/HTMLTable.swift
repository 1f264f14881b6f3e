/// A table that scrolls in a box of its own where the page is too narrow.
struct HTMLTable {
    let table: ReportTable
    /// The columns of numbers.
    private let numbers: Set<Int>

    init(_ table: ReportTable) {
        self.table = table
        numbers = Set(table.columns.indices.filter { Self.isOfNumbers($0, table) })
    }

    var text: String {
        """
        <figure class="table" id="table-\(table.id)">
        <figcaption>\(HTMLReport.escaped(table.caption))</figcaption>
        <div class="scroll" tabindex="0"><table>
        <thead><tr>\(table.columns.enumerated().map(head).joined())</tr></thead>
        <tbody>
        \(table.rows.map(row).joined(separator: "\n"))
        </tbody>
        </table></div>
        </figure>
        """
    }

    private func head(_ column: Int, _ name: String) -> String {
        "<th scope=\"col\"\(numbers.contains(column) ? " class=\"n\"" : "")>\(HTMLReport.escaped(name))</th>"
    }

    /// Whether all that is in it is numbers, which then stand to the right.
    private static func isOfNumbers(_ column: Int, _ table: ReportTable) -> Bool {
        column > 0
            && table.rows.allSatisfy { row in
                !row.indices.contains(column) || row[column].isNumber || row[column].text.isEmpty
            }
    }

    private func row(_ cells: [ReportCell]) -> String {
        let name = cells.first.map { "<th scope=\"row\">\(HTMLReport.escaped($0.text))</th>" } ?? ""
        return "<tr>\(name)\(cells.enumerated().dropFirst().map(cell).joined())</tr>"
    }

    private func cell(_ column: Int, _ cell: ReportCell) -> String {
        guard cell.isNumber else {
            let long = cell.text.count > 44
            return "<td\(long ? " class=\"long\"" : "")>\(HTMLReport.escaped(cell.text))</td>"
        }
        let kind = cell.evidence.map { HTMLReport.kind($0) } ?? ""
        let note = cell.note.isEmpty ? "" : "<small>\(HTMLReport.escaped(cell.note))</small>"
        return
            "<td\(numbers.contains(column) ? " class=\"n\"" : "")>\(HTMLReport.escaped(cell.text))\(kind)\(note)</td>"
    }
}
