/// Two runs side by side, where `ringbench compare` was asked.
struct ComparisonSection {
    let input: ReportInput

    init(_ input: ReportInput) { self.input = input }

    /// Nil where nobody compared: it says nothing of the proposals.
    var section: ReportSection? {
        guard !input.of(.comparison).isEmpty else { return nil }
        return ReportSection(
            id: "comparison", title: "One run beside another",
            blocks: input.blocks(.comparison, "") { file, suffix in
                let comparison = file.section
                return [
                    .text("First: \(comparison["first"].text). Second: \(comparison["second"].text)."),
                    .table(Self.table(comparison, "comparison\(suffix)")),
                ]
            })
    }

    private static func table(_ comparison: JSONValue, _ id: String) -> ReportTable {
        var table = ReportTable(
            id: id,
            caption:
                "Second to first: ratio of medians with its 95 % bootstrap interval; noise: how far runs of the same thing lie apart",
            columns: ["figure", "first", "second", "ratio", "noise", "verdict"])
        for figure in comparison["figures"].elements {
            table.rows.append([
                ReportCell(figure["name"].text), ReportCell(figure["first_median"].number, 2),
                ReportCell(figure["second_median"].number, 2),
                ReportCell(figure["ratio"].number, 3, interval: Bootstrap.Interval(figure["ratio_ci95"])),
                ReportCell(figure["noise_floor"].number, 3), ReportCell(figure["verdict"].text),
            ])
        }
        return table
    }
}
