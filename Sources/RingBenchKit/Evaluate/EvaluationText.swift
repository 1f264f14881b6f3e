extension EvaluationReport {
    /// The tables that a terminal shows.
    public var text: String {
        [
            slowedText, proposalTable, betweenProcessesTable, Self.legend,
            [conditions.stop?.text, conditions.turns].compactMap(\.self).joined(separator: " "),
            CalibrationRow.text(calibration), systemCalls.text,
            xdpText,
        ]
        .filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var slowedText: String {
        slowed.map { "\($0.name) was slowed down on purpose by \($0.nanosecondsPerToken.text(1)) ns a token (--slow)" }
            ?? ""
    }

    private static let legend = """
        k this kernel did it, m the model did, km a sum of both; +- is the distance between the quartiles over the median.
        user: receive = take delivery (recvmsg, or peek and release), return = give back (setsockopt, or submit).
        kernel: issue = make the tokens and deliver them, release = take them back and recycle the buffers.
        at most: as if softirq, to fill a ring, had to do all that recvmsg does beyond entering the kernel; the model has no TCP.
        What each figure contains and leaves out is in design/measuring.md.
        """

    private var proposalTable: String {
        Self.table(
            first: "CPU ns per token",
            rows: proposals.map { ($0.composition.name, $0.figures, $0.ratios) })
    }

    private var betweenProcessesTable: String {
        let rows = proposals.compactMap { row in
            row.betweenProcesses.map { (row.composition.name, $0, [String: ProposalReport.Ratio]()) }
        }
        return rows.isEmpty ? "" : Self.table(first: "consumer in its own process", rows: rows)
    }

    private static func table(first: String, rows: [(String, [Figure], [String: ProposalReport.Ratio])]) -> String {
        var table = TextTable([
            first, "receive", "return", "issue", "release", "total", "+-", "vs first", "at most", "vs first",
            "calls/1000", "copied B", "Mtokens/s", "+-",
        ])
        for (name, figures, ratios) in rows {
            let byKey = Dictionary(uniqueKeysWithValues: figures.map { ($0.key, $0) })
            func cell(_ key: String, scale: Double = 1, digits: Int = 1) -> String {
                guard let figure = byKey[key] else { return "-" }
                return "\((figure.repetitions.median * scale).text(digits)) \(figure.evidence.letters)"
            }
            func spread(_ key: String) -> String { byKey[key]?.repetitions.spread.percent ?? "-" }
            table.add([
                name, cell(ProposalFigures.receiveKey), cell(ProposalFigures.returnKey),
                cell(ProposalFigures.issueKey), cell(ProposalFigures.releaseKey), cell(ProposalFigures.totalKey),
                spread(ProposalFigures.totalKey),
                Self.text(ratios[ProposalFigures.totalKey]), cell(ProposalFigures.boundKey),
                Self.text(ratios[ProposalFigures.boundKey]),
                cell(ProposalFigures.callsKey), cell(ProposalFigures.copiedKey),
                cell(ProposalFigures.rateKey, scale: 1e-6, digits: 2), spread(ProposalFigures.rateKey),
            ])
        }
        return table.text
    }

    private static func text(_ ratio: ProposalReport.Ratio?) -> String {
        ratio.map { "\($0.median.text(2)) (\($0.lowerQuartile.text(2))-\($0.upperQuartile.text(2)))" } ?? "-"
    }

    private var xdpText: String {
        guard let xdp else { return "AF_XDP was left out: \(xdpSkipped ?? "no reason given")" }
        return """
            AF_XDP, the same ring code with this kernel as the other side (k):
            \(xdp.framesReceived) real packets received, every byte checked, \(xdp.framesReturned) frames returned through \
            FILL, \(xdp.framesLost) lost; \((xdp.framesPerSecond / 1e6).text(2)) Mpackets/s from a paced sender, \
            \(xdp.cpuNanosecondsPerFrame.text(0)) ns CPU per packet; \
            \(xdp.mode.granted) mode granted (asked for: \(xdp.mode.requested)): \(xdp.mode.reason)
            """
    }
}

extension Evidence {
    /// One or two letters for a table.
    var letters: String {
        switch self {
        case .kernel: "k"
        case .model: "m"
        case .kernelAndModel: "km"
        }
    }
}
