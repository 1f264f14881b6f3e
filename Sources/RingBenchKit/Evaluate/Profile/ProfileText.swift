extension ProfileReport {
    /// The tables that a terminal shows.
    public var text: String {
        [
            head, proposalTable, Self.legend, latencyTable, publishedText, CalibrationRow.text(calibration),
            systemCalls.text,
        ]
        .filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static let legend = """
        idle: the part of the worker's time that it did not spend on looks that found something; ci95: bootstrap of the runs.
        saved: ns of the worker's time that a token costs less than in the reference, a short run of the first proposal right before;
        of the first proposal itself it is what chance does. stolen: the worker was off its core.
        What each figure contains and leaves out is in design/measuring.md.
        """

    private var head: String {
        let reached = idle[compositions[0].name]?.median ?? .nan
        let runs = figures.first?.runs.count ?? 0
        let wanted =
            profile.tokensPerSecond == nil
            ? ", each found so that \(compositions[0].name) leaves \(profile.idlePercent.text(2)) % idle at that moment"
            : ""
        let interval = Bootstrap().interval95(of: offered.values)
        return """
            profile \(profile.name): \((offered.median / 1e6).text(2)) Mtokens/s offered (\((interval.low / 1e6).text(2)) to \
            \((interval.high / 1e6).text(2)))\(wanted); \(reached.text(2)) % were reached in \(runs) runs each
            """
    }

    private var proposalTable: String {
        var table = TextTable([
            "worker's time", "idle %", "ci95", "ns/token", "saved", "ci95", "softirq %", "Mtokens/s", "drops",
            "calls/1000", "stolen %",
        ])
        for index in compositions.indices {
            let saved = figures[index].values(ProfileFigures.savedKey)
            func median(_ key: String, _ digits: Int, scale: Double = 1) -> String {
                (figures[index].values(key).median * scale).text(digits)
            }
            table.add([
                compositions[index].name, median(ProfileFigures.idleKey, 2),
                Self.interval(figures[index].values(ProfileFigures.idleKey), 2), median(ProfileFigures.workKey, 1),
                saved.median.text(1), Self.interval(saved, 1), median(ProfileFigures.softirqKey, 1),
                median(ProfileFigures.rateKey, 2, scale: 1e-6), median(ProfileFigures.dropsKey, 0),
                median(ProfileFigures.callsKey, 1), median(ProfileFigures.stolenKey, 1),
            ])
        }
        return table.text
    }

    private var latencyTable: String {
        var table = TextTable(["us from due to done"] + LatencyHistogram.percentiles.map(\.1) + ["bursts"])
        for (composition, figures) in zip(compositions, figures) {
            let latency = figures.latency
            let times = LatencyHistogram.percentiles.map { percentile, _ in
                latency?.nanoseconds(at: percentile).map { (Double($0) / 1000).text(1) } ?? "-"
            }
            table.add([composition.name] + times + ["\(latency?.count ?? 0)"])
        }
        return """
            \(table.text)
            open loop: from when the schedule says that a burst has arrived to the end of the look in which the worker dealt with it, so what
            was held up and what waited for it count alike; without the runs that had drops.
            """
    }

    private static func interval(_ values: Repetitions, _ digits: Int) -> String {
        let interval = Bootstrap().interval95(of: values.values)
        return "\(interval.low.text(digits))..\(interval.high.text(digits))"
    }

    private var publishedText: String {
        var table = TextTable(["published", "here", "idle % more", "ci95"])
        for finding in findings {
            table.add([
                finding.statement, finding.verdict.rawValue, finding.differencePercent?.text(2) ?? "-",
                finding.interval.map { "\($0.low.text(2))..\($0.high.text(2))" } ?? "-",
            ])
        }
        func line(_ name: String) -> String { "\(name) \(idle[name]?.median.text(2) ?? "-")" }
        let array = compositions.firstIndex { $0.name == "sockopt-uref" }
        let saved = array.map { figures[$0].values(ProfileFigures.savedKey).median }
        return """
            published: \(Published.beforePercent.text(2)) % idle before, \(Published.afterPercent.text(2)) % after, which is \
            some \(Published.savedNanosecondsPerToken.text(0)) ns a token
            here: \(line("sockopt-xarray")) % before, \(line("sockopt-uref")) % after, which is \
            \(saved?.text(1) ?? "-") ns a token\(lookupText(saved))
            \(table.text)
            """
    }

    /// What the model's xarray lacks against this kernel's, which the saving would grow by.
    private func lookupText(_ saved: Double?) -> String {
        guard let saved, let row = calibration.first(where: { $0.name == CalibrationRow.perToken }) else { return "" }
        let lack = row.kernelNanoseconds - row.modelNanoseconds
        return """
            ; this kernel's xarray takes \(lack.text(1)) ns a token more than the model's to find nothing (calibration): \
            with them it would be \((saved + lack).text(1))
            """
    }
}
