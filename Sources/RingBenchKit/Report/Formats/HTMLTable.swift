/// A table that scrolls in a box of its own where the page is too narrow.
struct HTMLTable {
    let table: ReportTable

    init(_ table: ReportTable) { self.table = table }

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
        "<th scope=\"col\"\(isOfNumbers(column) ? " class=\"n\"" : "")>\(HTMLReport.escaped(name))</th>"
    }

    private func isOfNumbers(_ column: Int) -> Bool {
        column > 0 && table.rows.contains { $0.indices.contains(column) && $0[column].value != nil }
    }

    private func row(_ cells: [ReportCell]) -> String {
        let name = cells.first.map { "<th scope=\"row\">\(HTMLReport.escaped($0.text))</th>" } ?? ""
        return "<tr>\(name)\(cells.dropFirst().map(cell).joined())</tr>"
    }

    private func cell(_ cell: ReportCell) -> String {
        guard cell.isNumber else {
            let long = cell.text.count > 60
            return "<td\(long ? " class=\"long\"" : "")>\(HTMLReport.escaped(cell.text))</td>"
        }
        let kind = cell.evidence.map { HTMLReport.kind($0) } ?? ""
        let note = cell.note.isEmpty ? "" : "<small>\(HTMLReport.escaped(cell.note))</small>"
        return "<td class=\"n\">\(HTMLReport.escaped(cell.text))\(kind)\(note)</td>"
    }
}
