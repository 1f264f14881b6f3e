/// How long single operations take, where a result has each one's time.
struct PercentileSection {
    let input: ReportInput

    init(_ input: ReportInput) { self.input = input }

    var section: ReportSection {
        let measured = input.files.compactMap { file in Self.latencies(file).isEmpty ? nil : file }
        let blocks = measured.enumerated().flatMap { number, file in
            Self.blocks(file, number == 0 ? "" : "-\(number + 1)")
        }
        return ReportSection(
            id: "percentiles", title: "How long a single one takes",
            blocks: blocks.isEmpty ? [.missing("single times", .ring)] : blocks)
    }

    /// The rows that have a histogram, by name.
    private static func latencies(_ file: ResultFile) -> [(name: String, latency: JSONValue)] {
        ["round_trip", "proposals"].flatMap { file.root[$0].elements }.compactMap { row in
            let name = row["implementation"].string ?? row["name"].string
            return name.flatMap { row["latency"]["histogram_ns"].elements.isEmpty ? nil : ($0, row["latency"]) }
        }
    }

    private static func blocks(_ file: ResultFile, _ suffix: String) -> [ReportBlock] {
        let rows = latencies(file)
        let what = file.kind == .ring ? "Round trips of one entry" : "Tokens"
        let loops = Set(rows.map { $0.latency["loop"].text }).sorted().joined(separator: ", ")
        let places = ["p50", "p90", "p99", "p99.9", "p99.99", "max"]
        var table = ReportTable(
            id: "percentiles\(suffix)", caption: "\(what), ns; \(loops) loop", columns: ["of", "count"] + places)
        for (name, latency) in rows {
            table.rows.append(
                [ReportCell(name), ReportCell(latency["count"].number, 0)]
                    + places.map {
                        ReportCell(latency["\($0)_ns"].number, 0, evidence: file.kind == .ring ? .model : nil)
                    })
        }
        let chart = PercentileCurves(
            name: "percentiles\(suffix)", title: "\(what): percentiles",
            caption: """
                From every single time; the curve ends where there are too few to tell. Loop: \(loops)\
                \(loops == "closed" ? "; what held one up is missing from those that waited for it." : ", from the schedule.")
                """,
            unit: "ns", series: rows.map { ($0.name, PercentilePoint.all(of: $0.latency["histogram_ns"].elements)) }
        ).chart
        return [.chart(chart), .table(table)]
    }
}
