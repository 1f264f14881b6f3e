/// Every figure of the report's tables, one a line: which table, row and column, its value and interval, and what kind it is.
struct CSVReport {
    let page: ReportPage

    var text: String {
        let head = ["section", "table", "row", "column", "value", "low", "high", "kind"]
        let lines = page.sections.flatMap { section in
            section.blocks.flatMap { Self.tables($0) }.flatMap { table in
                table.rows.flatMap { row in Self.lines(section.id, table, row) }
            }
        }
        return ([head] + lines).map { $0.map(Self.quoted).joined(separator: ",") }.joined(separator: "\n")
    }

    private static func tables(_ block: ReportBlock) -> [ReportTable] {
        switch block {
        case .table(let table): [table]
        case .aside(_, let blocks): blocks.flatMap(tables)
        case .grid(let grid): [table(grid)]
        default: []
        }
    }

    /// A cell an outcome.
    private static func table(_ grid: OutcomeGrid) -> ReportTable {
        ReportTable(
            id: grid.id, caption: grid.caption, columns: ["case"] + grid.columns,
            rows: grid.rows.map { row in
                [ReportCell(row.id)] + row.outcomes.map { ReportCell($0?.rawValue ?? "") }
            })
    }

    private static func lines(_ section: String, _ table: ReportTable, _ row: [ReportCell]) -> [[String]] {
        zip(table.columns, row).dropFirst().map { column, cell in
            [
                section, table.id, row[0].text, column, cell.value.map { "\($0)" } ?? cell.text,
                cell.interval.map { "\($0.low)" } ?? "", cell.interval.map { "\($0.high)" } ?? "",
                cell.evidence?.rawValue ?? "",
            ]
        }
    }

    /// As RFC 4180 has it.
    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"\(text.replacing("\"", with: "\"\""))\""
    }
}
