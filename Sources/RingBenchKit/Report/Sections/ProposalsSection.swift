/// What a token costs with each proposal.
struct ProposalsSection {
    let input: ReportInput

    init(_ input: ReportInput) { self.input = input }

    var section: ReportSection {
        ReportSection(
            id: "proposals", title: "What a token costs",
            blocks: input.blocks(.proposals, "proposals under a closed loop") { file, suffix in
                let rows = file.root["proposals"].elements
                return [
                    .text(Self.setting(file)), .table(Self.table(rows, "proposals\(suffix)")),
                    .text(Self.bound), .chart(CostChart(rows: rows, name: "cost\(suffix)").chart),
                ] + Self.betweenProcesses(rows, suffix) + Self.calibration(file, suffix)
            })
    }

    private static func setting(_ file: ResultFile) -> String {
        let options = file.root["options"]
        return """
            \(options["flows"].text) flows, reads of \(options["read-bytes"].text) bytes in fragments of \
            \(options["frag-bytes"].text), returns of \(options["return-batch"].text) tokens, \(options["niovs"].text) net_iovs; \
            \(options["repetitions"].text) repetitions of \(options["tokens"].text) tokens. Receive and return are the \
            application's side: taking delivery and giving back. Issue and release are the kernel's: making the tokens and \
            delivering them, taking them back and recycling the buffers.
            """
    }

    private static let bound = """
        At most: as if softirq, to fill a ring, had to do all that recvmsg does beyond entering the kernel. The model has no TCP, so \
        the truth for mapped rings lies between the total and that. Ratios are to the first row, taken repetition by repetition, \
        with their quartiles.
        """

    static let parts = [
        ("receive (user)", ProposalFigures.receiveKey), ("return (user)", ProposalFigures.returnKey),
        ("issue (kernel)", ProposalFigures.issueKey), ("release (kernel)", ProposalFigures.releaseKey),
    ]

    private static func table(_ rows: [JSONValue], _ id: String) -> ReportTable {
        var table = ReportTable(
            id: id, caption: "CPU ns per token, medians; of the total with its 95 % bootstrap interval",
            columns: ["proposal"] + parts.map(\.0) + [
                "total", "to the first", "at most", "to the first, at most", "calls per 1000 tokens",
                "copied B per token", "M tokens/s",
            ])
        for row in rows {
            func figure(_ key: String, _ digits: Int, scale: Double = 1, interval: Bool = false) -> ReportCell {
                ReportCell(ReportQuantity(row, key, withInterval: interval), digits, scale: scale)
            }
            table.rows.append(
                [ReportCell(row["name"].text)] + parts.map { figure($0.1, 1) } + [
                    figure(ProposalFigures.totalKey, 1, interval: true), ratio(row, ProposalFigures.totalKey),
                    figure(ProposalFigures.boundKey, 1), ratio(row, ProposalFigures.boundKey),
                    figure(ProposalFigures.callsKey, 1), figure(ProposalFigures.copiedKey, 1),
                    figure(ProposalFigures.rateKey, 2, scale: 1e-6),
                ])
        }
        return table
    }

    private static func ratio(_ row: JSONValue, _ key: String) -> ReportCell {
        let ratio = row["ratio_to_sockopt_xarray"][key]
        return ReportCell(
            ratio["median"].number, 2,
            interval: Bootstrap.Interval(ratio["lower_quartile"].number, ratio["upper_quartile"].number))
    }

    private static func betweenProcesses(_ rows: [JSONValue], _ suffix: String) -> [ReportBlock] {
        let remote = rows.compactMap { row -> [ReportCell]? in
            let figures = row["between_processes"]
            guard !figures.isNull else { return nil }
            func figure(_ key: String, _ digits: Int, scale: Double = 1) -> ReportCell {
                ReportCell(ReportQuantity(figures, key, withInterval: false), digits, scale: scale)
            }
            return [ReportCell(row["name"].text)] + parts.map { figure($0.1, 1) } + [
                figure(ProposalFigures.totalKey, 1), figure(ProposalFigures.boundKey, 1),
                figure(ProposalFigures.rateKey, 2, scale: 1e-6),
            ]
        }
        guard !remote.isEmpty else { return [] }
        return [
            .table(
                ReportTable(
                    id: "processes\(suffix)",
                    caption:
                        "The same with the consumer in a process of its own, which was handed the rings' descriptors",
                    columns: ["proposal"] + parts.map(\.0) + ["total", "at most", "M tokens/s"], rows: remote))
        ]
    }

    private static func calibration(_ file: ResultFile, _ suffix: String) -> [ReportBlock] {
        let rows = file.root["calibration"].elements
        guard !rows.isEmpty else { return [] }
        var table = ReportTable(
            id: "calibration\(suffix)", caption: "The model beside this kernel, where both can be measured; ns a call",
            columns: ["path", "kernel", "model", "ratio", "what follows"])
        for row in rows {
            table.rows.append([
                ReportCell(row["name"].text), ReportCell(row["kernel_ns"].number, 1, evidence: .kernel),
                ReportCell(row["model_ns"].number, 1, evidence: .model), ReportCell(row["ratio"].number, 2),
                ReportCell(row["bias"].text),
            ])
        }
        return [.aside("How near the model is to this kernel", [.table(table)])]
    }
}
