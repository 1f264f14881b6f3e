/// What a token costs as one quantity grows.
struct SweepSection {
    let input: ReportInput

    init(_ input: ReportInput) { self.input = input }

    var section: ReportSection {
        ReportSection(
            id: "sweeps", title: "What it costs as one thing grows",
            blocks: input.blocks(.sweep, "sweeps") { file, suffix in
                file.root["sweeps"].elements.flatMap { Self.blocks($0, suffix) }
            })
    }

    private static func blocks(_ sweep: JSONValue, _ suffix: String) -> [ReportBlock] {
        let axes = sweep["axes"].elements.map(\.text)
        let points = sweep["points"].elements
        let name = "sweep-\(sweep["name"].text)\(suffix)"
        let leftOut = points.compactMap { point in
            point["left_out"].string.map { reason in
                ReportBlock.text(
                    "\(axes.map { "\($0) \(point[$0].text)" }.joined(separator: ", ")) was left out: \(reason)")
            }
        }
        let charts =
            axes.count == 2
            ? grid(axes, points, name) : axes.prefix(1).map { chart($0, points, name) }
        return charts.map(ReportBlock.chart) + [
            .aside("The figures of this sweep", [.table(table(axes, points, name))])
        ]
            + leftOut
    }

    /// One line a proposal.
    private static func chart(_ axis: String, _ points: [JSONValue], _ name: String) -> ReportChart {
        let series = proposals(points).map { proposal in
            (proposal, points.map { quantity($0, proposal) })
        }
        return IntervalLines(
            name: name, title: "Sweep of \(words(axis))", caption: caption(series.flatMap(\.1)),
            horizontal: words(axis),
            vertical: "CPU ns per token", positions: points.map { $0[axis].number ?? .nan }, series: series
        ).chart
    }

    /// Of two axes: a chart a proposal, a line for each value of the first axis.
    private static func grid(_ axes: [String], _ points: [JSONValue], _ name: String) -> [ReportChart] {
        let lines = unique(points.compactMap { $0[axes[0]].number })
        let positions = unique(points.compactMap { $0[axes[1]].number })
        return proposals(points).map { proposal in
            let series = lines.map { line in
                (
                    "\(line.text(0)) \(words(axes[0]))",
                    positions.map { position in
                        points.first { $0[axes[0]].number == line && $0[axes[1]].number == position }
                            .flatMap { quantity($0, proposal) }
                    }
                )
            }
            return IntervalLines(
                name: "\(name)-\(proposal)",
                title: "Sweep of \(axes.map(words).joined(separator: " and ")), \(proposal)",
                caption: caption(series.flatMap(\.1)),
                horizontal: words(axes[1]), vertical: "CPU ns per token", positions: positions, series: series
            ).chart
        }
    }

    private static func table(_ axes: [String], _ points: [JSONValue], _ name: String) -> ReportTable {
        let proposals = proposals(points)
        var table = ReportTable(
            id: name, caption: "CPU ns per token, medians",
            columns: [axes.map(words).joined(separator: " \u{00D7} ")] + proposals)
        for point in points {
            let place = axes.map { point[$0].text }.joined(separator: " \u{00D7} ")
            table.rows.append([ReportCell(place)] + proposals.map { ReportCell(quantity(point, $0), 1) })
        }
        return table
    }

    private static func quantity(_ point: JSONValue, _ proposal: String) -> ReportQuantity? {
        point["proposals"].elements.first { $0["name"].string == proposal }
            .flatMap { ReportQuantity($0, ProposalFigures.totalKey) }
    }

    private static func proposals(_ points: [JSONValue]) -> [String] {
        var seen: Set<String> = []
        return points.flatMap { $0["proposals"].elements.compactMap(\.["name"].string) }.filter {
            seen.insert($0).inserted
        }
    }

    private static func unique(_ values: [Double]) -> [Double] { Set(values).sorted() }

    private static func words(_ axis: String) -> String { axis.replacing("_", with: " ") }

    private static func caption(_ quantities: [ReportQuantity?]) -> String {
        let certainty = quantities.compactMap { $0?.certainty }.first ?? .unknown
        return "Medians (km, closed loop); bars: \(certainty.rawValue)."
    }
}
