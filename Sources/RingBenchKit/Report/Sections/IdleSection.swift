/// The mail threads' experiment: how much of its time the worker has left.
struct IdleSection {
    let input: ReportInput

    init(_ input: ReportInput) { self.input = input }

    var section: ReportSection {
        ReportSection(
            id: "idle", title: "What is left of the worker's time",
            blocks: input.blocks(.profile, "the worker's idle time") { file, suffix in
                let rows = file.root["proposals"].elements
                return [
                    .text(Self.setting(file)), .chart(Self.chart(file, rows, "idle\(suffix)")),
                    .table(Self.table(rows, "idle\(suffix)")), .table(Self.findings(file, "findings\(suffix)")),
                ]
            })
    }

    private static func setting(_ file: ResultFile) -> String {
        let (profile, published) = (file.root["profile"], file.root["published"])
        let rate = ((profile["offered_tokens_per_s"].number ?? .nan) / 1e6).text(2)
        return """
            Profile \(profile["name"].text): \(profile["runs"].text) runs of \(profile["run_ms"].text) ms at \(rate) M tokens/s, the rate \
            that leaves the first proposal some \(profile["wanted_idle_percent"].text) % idle; set anew before every run, because the \
            machine's pace changes. Published: \(published["before_worker_idle_percent"].text) % with the xarray and \
            \(published["after_worker_idle_percent"].text) % with the array of counters (\(published["source"].text)).
            """
    }

    private static func chart(_ file: ResultFile, _ rows: [JSONValue], _ name: String) -> ReportChart {
        let published = file.root["published"]
        let references = [("before_worker_idle_percent", "xarray"), ("after_worker_idle_percent", "array")].compactMap {
            key, word in published[key].number.map { (label: "published, \(word): \($0.text(2))", value: $0) }
        }
        return IntervalDots(
            name: name, title: "Idle time of the worker at one load",
            caption: "Medians of the runs with 95 % bootstrap intervals; dashed: what the mail threads published.",
            unit: "idle time of the worker, percent", range: "0:100", labels: rows.map { $0["name"].text },
            series: [("idle", rows.map { ReportQuantity($0, ProfileFigures.idleKey) })], references: references
        ).chart
    }

    private static func table(_ rows: [JSONValue], _ id: String) -> ReportTable {
        var table = ReportTable(
            id: id, caption: "Medians of the runs with 95 % bootstrap intervals",
            columns: [
                "proposal", "idle %", "ns per token", "saved ns per token", "softirq busy %", "M tokens/s", "drops",
                "calls per 1000 tokens",
            ])
        for row in rows {
            func figure(_ key: String, _ digits: Int, scale: Double = 1, interval: Bool = false) -> ReportCell {
                ReportCell(ReportQuantity(row, key, withInterval: interval), digits, scale: scale)
            }
            table.rows.append([
                ReportCell(row["name"].text), figure(ProfileFigures.idleKey, 2, interval: true),
                figure(ProfileFigures.workKey, 1, interval: true), figure(ProfileFigures.savedKey, 1, interval: true),
                figure(ProfileFigures.softirqKey, 1), figure(ProfileFigures.rateKey, 2, scale: 1e-6),
                figure(ProfileFigures.dropsKey, 0), figure(ProfileFigures.callsKey, 1),
            ])
        }
        return table
    }

    private static func findings(_ file: ResultFile, _ id: String) -> ReportTable {
        var table = ReportTable(
            id: id, caption: "What the mail threads say, and what this run says to it",
            columns: ["published", "idle % more, here", "verdict", "where"])
        for finding in file.root["findings"].elements {
            table.rows.append([
                ReportCell(finding["statement"].text),
                ReportCell(
                    finding["difference_percent"].number, 2,
                    interval: Bootstrap.Interval(finding["difference_percent_ci95"]),
                    evidence: .kernelAndModel),
                ReportCell(finding["verdict"].text), ReportCell(finding["source"].text),
            ])
        }
        return table
    }
}
