extension ConformanceReport {
    /// The matrix, and what is to be said of its failures and defects.
    public var text: String {
        [matrix, legend, listing(.fail, "Failures"), listing(.knownDefect, "Known defects of what was posted")]
            .filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var matrix: String {
        var table = TextTable(["case"] + mechanisms.indices.map { "\($0 + 1)" })
        for id in ids {
            let cells = Dictionary(
                cases.filter { $0.id == id }.map { ($0.mechanism, $0) }, uniquingKeysWith: { first, _ in first })
            let name = cells.values.first?.name ?? ""
            let title = name.count > Self.titleWidth ? "\(name.prefix(Self.titleWidth - 3))..." : name
            table.add(
                [id.padded(to: 4) + title] + mechanisms.map { String(cells[$0]?.outcome.letter ?? " ") })
        }
        return table.text
    }

    private static let titleWidth = 44

    private var ids: [String] {
        var seen: Set<String> = []
        return cases.map(\.id).filter { seen.insert($0).inserted }
    }

    private var legend: String {
        let columns = mechanisms.enumerated().map { "\($0.offset + 1) \($0.element)" }.joined(separator: ", ")
        let totals = ConformanceOutcome.allCases.map { "\($0.letter) \($0.rawValue) \(self.totals[$0.rawValue] ?? 0)" }
        return "\(totals.joined(separator: ", "))\n\(columns)"
    }

    /// Cells of one outcome, those with the same account together.
    private func listing(_ outcome: ConformanceOutcome, _ title: String) -> String {
        var lines: [String] = []
        for id in ids {
            var byDetail: [(detail: String, mechanisms: [String], expected: String)] = []
            for cell in cases where cell.id == id && cell.outcome == outcome {
                if let position = byDetail.firstIndex(where: { $0.detail == cell.detail }) {
                    byDetail[position].mechanisms.append(cell.mechanism)
                } else {
                    byDetail.append((cell.detail, [cell.mechanism], cell.expected))
                }
            }
            for group in byDetail {
                lines.append("\(id) \(group.mechanisms.joined(separator: ", ")): \(group.detail). Right: \(group.expected)")
            }
        }
        return lines.isEmpty ? "" : "\(title):\n\(lines.joined(separator: "\n"))"
    }
}

extension String {
    /// With spaces behind it.
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(1, width - count))
    }
}
