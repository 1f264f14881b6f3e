extension ConformanceReport {
    /// The matrix, what is to be said of its failures and defects, and what random operations came to.
    public var text: String {
        [
            matrix, legend, listing(.fail, "Failures"), listing(.knownDefect, "Known defects of what was posted"),
            randomText,
        ].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static let titleWidth = 48

    /// One letter a proposal.
    private static let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ").map(String.init)

    private func column(_ position: Int) -> String {
        position < Self.letters.count ? Self.letters[position] : "\(position + 1)"
    }

    private var matrix: String {
        guard !cases.isEmpty else { return "" }
        var rows: [String: [String: ConformanceVerdict]] = [:]
        for cell in cases { rows[cell.id, default: [:]][cell.mechanism] = cell }
        let head = "case".padded(to: Self.titleWidth + 5) + mechanisms.indices.map(column).joined(separator: " ")
        let lines = ids.map { id in
            let cells = rows[id] ?? [:]
            let name = cells.values.first?.name ?? ""
            let title = name.count > Self.titleWidth ? "\(name.prefix(Self.titleWidth - 3))..." : name
            let letters = mechanisms.map { String(cells[$0]?.outcome.letter ?? " ") }
            return id.padded(to: 5) + title.padded(to: Self.titleWidth) + letters.joined(separator: " ")
        }
        return ([head] + lines).joined(separator: "\n")
    }

    private var ids: [String] {
        var seen: Set<String> = []
        return cases.map(\.id).filter { seen.insert($0).inserted }
    }

    private var legend: String {
        guard !cases.isEmpty else { return "" }
        let totals = ConformanceOutcome.allCases.map { "\($0.letter) \($0.rawValue): \(self.totals[$0.rawValue] ?? 0)" }
        let columns = mechanisms.enumerated().map { "\(column($0.offset)) \($0.element)" }
        return "\(totals.joined(separator: "   "))\n\(columns.joined(separator: ", "))"
    }

    /// Cells of one outcome; those of a case that have the same defect are told once, by the first of them.
    private func listing(_ outcome: ConformanceOutcome, _ title: String) -> String {
        var lines: [String] = []
        for id in ids {
            var groups: [(first: ConformanceVerdict, mechanisms: [String])] = []
            for cell in cases where cell.id == id && cell.outcome == outcome {
                if let position = groups.firstIndex(where: { $0.first.defect == cell.defect && !cell.defect.isEmpty }) {
                    groups[position].mechanisms.append(cell.mechanism)
                } else {
                    groups.append((cell, [cell.mechanism]))
                }
            }
            for (first, mechanisms) in groups {
                lines.append("\(id) \(mechanisms.joined(separator: ", "))")
                if !first.defect.isEmpty { lines.append("    \(first.defect)") }
                lines += first.detail.split(separator: "\n").map { "    \($0)" }
                lines.append("    right: \(first.expected)")
            }
        }
        return lines.isEmpty ? "" : "\(title)\n\(lines.joined(separator: "\n"))"
    }

    private var randomText: String {
        guard let first = random.first else { return "" }
        let failures = random.filter { $0.outcome == .fail }
        let operations = random.reduce(0) { $0 + $1.operations }
        let tokens = random.reduce(0) { $0 + $1.tokens }
        let refusals = random.reduce(0) { $0 + $1.refusals }
        var lines = [
            "\(operations) random operations over \(random.count) proposals, seed \(first.seed): \(tokens) tokens handed out, "
                + "\(refusals) calls or entries refused in part or whole, "
                + (failures.isEmpty ? "every book right" : "\(failures.count) proposals wrong")
        ]
        for verdict in failures { lines.append("\(verdict.mechanism): \(verdict.detail)") }
        var leftOut: [String: [String]] = [:]
        for verdict in random { for input in verdict.leftOut { leftOut[input, default: []].append(verdict.mechanism) } }
        for (input, mechanisms) in leftOut.sorted(by: { $0.key < $1.key }) {
            lines.append("    without \(input): \(mechanisms.joined(separator: ", "))")
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    /// With spaces behind it up to a width.
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
