/// The report for a mail, an issue or a README. Charts are named: what they show is in the tables.
struct MarkdownReport {
    let page: ReportPage

    var text: String {
        let headlines = page.headlines.map { headline in
            "- \(headline.label): **\(headline.figure)**\(Self.kind(headline.evidence)); \(headline.note)"
        }
        let sections = page.sections.flatMap { section in
            ["## \(section.title)"] + section.blocks.flatMap { Self.paragraphs($0) }
        }
        return
            (["# \(page.title)", page.subtitle] + (headlines.isEmpty ? [] : [headlines.joined(separator: "\n")])
            + sections).joined(separator: "\n\n")
    }

    private static func paragraphs(_ block: ReportBlock) -> [String] {
        switch block {
        case .text(let text): [escaped(text)]
        case .heading(let text): ["### \(text)"]
        case .table(let table): [escaped(table.caption) + ":", lines(table)]
        case .chart(let chart): ["*Chart: \(chart.title).* `ringbench report --format gnuplot` has it."]
        case .grid(let grid): [escaped(grid.caption) + ":", matrix(grid)]
        case .aside(let title, let blocks): ["### \(title)"] + blocks.flatMap(paragraphs)
        case .commands(let commands): ["```sh\n\(commands.joined(separator: "\n"))\n```"]
        case .missing(let what, let kind): ["No result was given of \(what): `\(kind.command)` makes one."]
        }
    }

    private static func lines(_ table: ReportTable) -> String {
        let numbers = table.columns.indices.map { column in
            column > 0 && table.rows.allSatisfy { $0.indices.contains(column) && $0[column].isNumber }
        }
        let head = row(table.columns.map(escaped)) + "\n" + row(numbers.map { $0 ? "---:" : "---" })
        return ([head] + table.rows.map { row($0.map(cell)) }).joined(separator: "\n")
    }

    private static func row(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |" }

    private static func cell(_ cell: ReportCell) -> String {
        escaped(cell.text) + kind(cell.evidence) + (cell.note.isEmpty ? "" : " (\(escaped(cell.note)))")
    }

    private static func kind(_ evidence: Evidence?) -> String { evidence.map { " \($0.letters)" } ?? "" }

    /// The terminal's matrix.
    private static func matrix(_ grid: OutcomeGrid) -> String {
        let letters = grid.columns.indices.map { "\($0 + 1)".suffix(1) }
        let width = grid.rows.map { $0.id.count }.max() ?? 0
        func line(_ id: String, _ cells: [String], _ name: String) -> String {
            id + String(repeating: " ", count: width - min(width, id.count) + 2) + cells.joined(separator: " ") + "  "
                + name
        }
        let head = line("", letters.map(String.init), "")
        let rows = grid.rows.map { row in line(row.id, row.outcomes.map { $0?.glyph ?? " " }, row.name) }
        let legend = grid.outcomes.map { "\($0.glyph) \($0.meaning): \(grid.count($0))" }.joined(separator: "; ")
        let columns = grid.columns.enumerated().map { "\($0.offset + 1) \($0.element)" }.joined(separator: ", ")
        return "```\n\(([head] + rows).joined(separator: "\n"))\n```\n\n\(legend).\n\nColumns: \(columns)."
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("<", with: "&lt;").replacing("\n", with: "<br>")
    }
}
