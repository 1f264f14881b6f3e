/// The cost of a token as bars: who spends it by colour, whether this kernel or the model did it by filling.
struct CostChart {
    let rows: [JSONValue]
    let name: String

    private static let phases = [
        ("receive", ProposalFigures.receiveKey, ChartStyle.blue),
        ("return", ProposalFigures.returnKey, ChartStyle.orange),
        ("issue", ProposalFigures.issueKey, ChartStyle.green),
        ("release", ProposalFigures.releaseKey, ChartStyle.purple),
    ]

    /// One part of each bar: a phase, and whether it was measured live.
    private struct Source {
        let key: String
        let evidence: Evidence
        let part: StackedBars.Part
    }

    /// In the order of the bars: the user's live and own work, the kernel's, and what the bound adds.
    private static let sources: [Source] =
        phases.flatMap { name, key, colour -> [Source] in
            let side = key == ProposalFigures.receiveKey || key == ProposalFigures.returnKey ? "user" : "kernel"
            let model = Source(
                key: key, evidence: .model,
                part: StackedBars.Part(label: "\(name) (\(side)), m", colour: colour, fill: .hatched))
            guard side == "user" else { return [model] }
            let live = Source(
                key: key, evidence: .kernel,
                part: StackedBars.Part(label: "\(name) (\(side)), k", colour: colour, fill: .solid))
            return [live, model]
        } + [
            Source(
                key: ProposalFigures.boundKey, evidence: .kernel,
                part: StackedBars.Part(label: "at most, k", colour: ChartStyle.grey, fill: .outlined))
        ]

    var chart: ReportChart {
        StackedBars(
            name: name, title: "CPU time of a token, by side and kind",
            caption: """
                Parts are medians and need not add up to the total's. Filled: measured live on this kernel (k). Hatched: the model, or \
                user space alone (m). Outlined: what a mapped ring costs more at most. Lines: 95 % bootstrap interval of the total.
                """,
            unit: "CPU ns per token", parts: Self.sources.map(\.part),
            bars: rows.map { row in
                StackedBars.Bar(
                    label: row["name"].text, values: Self.sources.map { Self.value(row, $0) },
                    interval: ReportQuantity(row, ProposalFigures.totalKey)?.interval)
            }
        ).chart
    }

    /// The phase's terms of one kind; the phase itself where the result has no terms.
    private static func value(_ row: JSONValue, _ source: Source) -> Double {
        let terms = row["terms"][source.key].elements
        if terms.isEmpty, source.key != ProposalFigures.boundKey {
            return row["evidence"][source.key].string == source.evidence.rawValue ? row[source.key].number ?? 0 : 0
        }
        return terms.filter { $0["evidence"].string == source.evidence.rawValue }
            .reduce(0) { $0 + ($1["ns_per_token"].number ?? 0) }
    }
}
