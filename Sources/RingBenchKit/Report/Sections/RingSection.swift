/// The ring alone between two cores.
struct RingSection {
    let input: ReportInput

    init(_ input: ReportInput) { self.input = input }

    var section: ReportSection {
        ReportSection(
            id: "ring", title: "The ring alone",
            blocks: input.blocks(.ring, "the ring alone") { file, suffix in
                let rows = file.root["ring"].elements
                return [
                    .text(Self.setting(file)), .chart(Self.chart(rows, "ring\(suffix)")),
                    .table(Self.table(rows, "ring\(suffix)")), .table(Self.roundTrips(file, "round-trip\(suffix)")),
                ] + Self.standings(file, "standings\(suffix)")
            })
    }

    private static func setting(_ file: ResultFile) -> String {
        let capacity = file.root["ring"].elements.first?["capacity"].text ?? "-"
        return """
            Entries from one core to another through a ring of \(capacity) slots, every word of every entry compared; polling: \
            \(file.root["pacing"].text). All of it is user space alone (m). With a batch of 1 the consumer either lags or chases the \
            producer, and a nanosecond decides which: judge by the larger batches.
            """
    }

    /// What was moved how, such as 8 B, batch 16.
    private static func place(_ row: JSONValue) -> String { "\(row["entry_bytes"].text) B, batch \(row["batch"].text)" }

    private static func quantity(_ row: JSONValue, _ key: String) -> ReportQuantity? {
        let values = row["repetitions_\(key)"].numbers
        guard !values.isEmpty else { return ReportQuantity(row, key) }
        return ReportQuantity(quartilesOf: values, evidence: row["evidence"].string.flatMap(Evidence.init))
    }

    private static func chart(_ rows: [JSONValue], _ name: String) -> ReportChart {
        let places = unique(rows.map(place))
        return IntervalDots(
            name: name, title: "Time of an entry through one ring",
            caption: "Medians, from the lower to the upper quartile; the axis is logarithmic.", unit: "ns per entry",
            isLogarithmic: true, labels: places,
            series: unique(rows.map { $0["implementation"].text }).map { implementation in
                (
                    implementation,
                    places.map { place in
                        rows.first { $0["implementation"].text == implementation && Self.place($0) == place }
                            .flatMap { quantity($0, "ns_per_entry") }
                    }
                )
            }
        ).chart
    }

    private static func table(_ rows: [JSONValue], _ id: String) -> ReportTable {
        let implementations = unique(rows.map { $0["implementation"].text })
        var table = ReportTable(
            id: id,
            caption:
                "ns per entry, medians with quartiles; last: TokenRing to the lower bound, median of the ratios inside each round",
            columns: ["entry, batch"] + implementations + ["TokenRing to lower bound"])
        for place in unique(rows.map(place)) {
            let here = rows.filter { Self.place($0) == place }
            let cells = implementations.map { implementation in
                ReportCell(
                    here.first { $0["implementation"].text == implementation }.flatMap { quantity($0, "ns_per_entry") },
                    2)
            }
            let ours = here.first { $0["implementation"].text == RingImplementation.tokenRing.rawValue }
            table.rows.append(
                [ReportCell(place)] + cells + [ReportCell(ours?["paired_ratio_to_lower_bound"].number, 2)])
        }
        return table
    }

    private static func roundTrips(_ file: ResultFile, _ id: String) -> ReportTable {
        var table = ReportTable(
            id: id,
            caption:
                "One entry through two rings and back, closed loop, and a counter with no ring around it; ns, with quartiles",
            columns: ["round trip", "ns", "to lower bound"])
        for row in file.root["round_trip"].elements {
            table.rows.append([
                ReportCell(row["implementation"].text), ReportCell(quantity(row, "ns_per_round_trip"), 1),
                ReportCell(row["paired_ratio_to_lower_bound"].number, 2),
            ])
        }
        for row in file.root["cache_line"].elements {
            let lines = row["lines"].text
            table.rows.append([
                ReportCell("\(lines) cache line\(lines == "1" ? "" : "s")"),
                ReportCell(quantity(row, "ns_per_round_trip"), 1),
                "",
            ])
        }
        return table
    }

    /// Beside rings of other projects, where they were measured.
    private static func standings(_ file: ResultFile, _ id: String) -> [ReportBlock] {
        let rows = file.root["standings"].elements
        guard !rows.isEmpty else { return [] }
        var table = ReportTable(
            id: id,
            caption:
                "TokenRing beside the fastest ring of another project: time over time, round by round, with 95 % intervals",
            columns: ["figure", "fastest other", "TokenRing to it", "place"])
        for row in rows {
            table.rows.append([
                ReportCell(row["figure"].text), ReportCell(row["fastest_other"].text),
                ReportCell(row["ratio"].number, 2, interval: Bootstrap.Interval(row["ratio_ci95"])),
                ReportCell(row["place"].text),
            ])
        }
        return [.table(table)]
    }

    private static func unique(_ values: [String]) -> [String] {
        var seen: Set<String> = []
        return values.filter { seen.insert($0).inserted }
    }
}
