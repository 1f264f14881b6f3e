/// Every case of the sources against every proposal.
struct ConformanceSection {
    let input: ReportInput

    init(_ input: ReportInput) { self.input = input }

    var section: ReportSection {
        ReportSection(
            id: "conformance", title: "What each proposal does right and wrong",
            blocks: input.blocks(.conformance, "conformance") { file, suffix in
                let cells = file.root["cases"].elements
                return [
                    .text(Self.legend),
                    .grid(
                        OutcomeGrid(
                            cells, id: "matrix\(suffix)",
                            caption: "Cases of the mail threads and selftests, by proposal",
                            columns: file.root["mechanisms"].elements.map(\.text), column: "mechanism")),
                ] + Self.listing(cells, .fail, "Failures", "failures\(suffix)")
                    + Self.listing(cells, .knownDefect, "Known defects of what was posted", "defects\(suffix)")
                    + Self.random(file, "random\(suffix)")
            })
    }

    private static let legend = """
        What should be seen is written down from the sources and never recorded from a run. A defect may be known only of what others \
        posted, proposed, or made unsafe on purpose; the same thing in a proposal of this project is a failure. (m)
        """

    /// What one defect is called, where it shows, and one trace that shows it.
    private static func listing(
        _ cells: [JSONValue], _ outcome: OutcomeGrid.Outcome, _ title: String, _ id: String
    ) -> [ReportBlock] {
        var groups: [(name: String, cases: [String], proposals: [String], trace: String)] = []
        for cell in cells where cell["outcome"].string == outcome.rawValue {
            let (name, trace) = parts(cell["detail"].text)
            let (id, proposal) = (cell["id"].text, cell["mechanism"].text)
            if let position = groups.firstIndex(where: { $0.name == name && !name.isEmpty }) {
                if !groups[position].cases.contains(id) { groups[position].cases.append(id) }
                if !groups[position].proposals.contains(proposal) { groups[position].proposals.append(proposal) }
            } else {
                groups.append((name, [id], [proposal], "\(trace)\nright: \(cell["expected"].text)"))
            }
        }
        guard !groups.isEmpty else { return [] }
        var table = ReportTable(
            id: id, caption: "Each once, with the first trace that shows it",
            columns: ["what", "cases", "proposals", "trace"])
        table.rows = groups.map { group in
            [
                ReportCell(group.name.isEmpty ? title : group.name), ReportCell(group.cases.joined(separator: " ")),
                ReportCell(group.proposals.joined(separator: ", ")), ReportCell(group.trace),
            ]
        }
        return [.aside("\(title): \(groups.count)", [.table(table)])]
    }

    /// A defect's name stands in front of what was done.
    private static func parts(_ detail: String) -> (name: String, trace: String) {
        guard let range = detail.firstRange(of: ": done: ") else { return ("", detail) }
        return (String(detail[..<range.lowerBound]), "done: \(detail[range.upperBound...])")
    }

    private static func random(_ file: ResultFile, _ id: String) -> [ReportBlock] {
        let rows = file.root["random"].elements
        guard !rows.isEmpty else { return [] }
        var table = ReportTable(
            id: id, caption: "Random operations beside a shadow model, step by step",
            columns: ["proposal", "outcome", "operations", "seed", "tokens", "refusals", "driven without"])
        for row in rows {
            table.rows.append([
                ReportCell(row["mechanism"].text), ReportCell(row["outcome"].text),
                ReportCell(row["operations"].number, 0),
                ReportCell(row["seed"].number, 0), ReportCell(row["tokens"].number, 0),
                ReportCell(row["refusals"].number, 0),
                ReportCell(row["left_out"].elements.map(\.text).joined(separator: "; ")),
            ])
        }
        let wrong = rows.count { $0["outcome"].string == "fail" }
        return [.aside("Random operations: \(wrong) of \(rows.count) proposals wrong", [.table(table)])]
    }
}

extension OutcomeGrid {
    /// The cells of a result: rows by id, columns by the key `column`.
    init(_ cells: [JSONValue], id: String, caption: String, columns: [String], column key: String) {
        var order: [String] = []
        var names: [String: String] = [:]
        var outcomes: [String: [String: Outcome]] = [:]
        for cell in cells {
            let row = cell["id"].text
            if names[row] == nil { order.append(row) }
            names[row] = cell["name"].text
            outcomes[row, default: [:]][cell[key].text] = Outcome(written: cell["outcome"].string)
        }
        self.init(
            id: id, caption: caption, columns: columns,
            rows: order.map { row in
                Row(id: row, name: names[row] ?? "", outcomes: columns.map { outcomes[row]?[$0] })
            })
    }
}
