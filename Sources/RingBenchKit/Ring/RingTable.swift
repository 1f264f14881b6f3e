extension RingReport {
    /// The report for people.
    public var text: String {
        guard !ring.isEmpty else { return "Nothing was measured." }
        var parts = [
            "Ring between \(between) on CPU \(cpus[0]) and CPU \(cpus[1]), ns per entry; every word of every entry was checked.",
            transferTable,
            "TokenRing-slot is published by a phase bit in each entry, the others by the producer index.",
        ]
        if ring.contains(where: { $0.batch == 1 }) {
            parts.append(
                """
                Batch 1 has two regimes: the consumer lags and finds several entries per look, or chases the producer and
                the two pull one cache line back and forth. A nanosecond decides which, so judge by the larger batches:
                """)
            parts.append(regimeTable)
        }
        if !standings.isEmpty { parts.append(standingTable) }
        if !roundTrip.isEmpty {
            parts.append("One 16-byte entry through two rings and back, and a bare counter, ns per round trip:")
            parts.append(roundTripTable)
            parts.append("Single round trips, closed loop, ns; the reading of the counter is in them:")
            parts.append(latencyTable)
        }
        parts.append(
            "Polling: \(pacing). \(conditions.turns) Evidence: model, user space alone.")
        return parts.joined(separator: "\n\n")
    }

    private var transferTable: String {
        var table = TextTable(["implementation", "bytes", "batch", "median", "spread", "x lower bound", "paired", "n"])
        for result in ring {
            table.add([
                result.implementation.rawValue, "\(result.entryBytes)", "\(result.batch)",
                result.nanosecondsPerEntry.median.text(2), result.nanosecondsPerEntry.spread.percent,
                result.ratioToLowerBound.map { $0.text(2) } ?? "-",
                result.pairedRatioToLowerBound.map { $0.text(2) } ?? "-",
                "\(result.nanosecondsPerEntry.values.count)",
            ])
        }
        return table.text
    }

    /// TokenRing beside the fastest of the rings that one could take instead.
    private var standingTable: String {
        var table = TextTable(["TokenRing in", "place", "fastest other", "x that one", "95 %"])
        for standing in standings {
            table.add([
                standing.figure, standing.place.rawValue, standing.fastestOther.rawValue, standing.ratio.text(2),
                "\(standing.interval.low.text(2))-\(standing.interval.high.text(2))",
            ])
        }
        let remarks = peers.remarks.map { "\($0.key.rawValue): \($0.value)." }.sorted()
        return ([table.text] + remarks).joined(separator: "\n")
    }

    private var latencyTable: String {
        var table = TextTable(["round trip"] + LatencyHistogram.percentiles.map(\.1))
        for result in roundTrip {
            let cells = LatencyHistogram.percentiles.map { percentile, _ in
                result.latency.nanoseconds(at: percentile).map { "\($0)" } ?? "-"
            }
            table.add([result.implementation.rawValue] + cells)
        }
        return table.text
    }

    private var regimeTable: String {
        var table = TextTable(["batch 1", "bytes", "fastest quarter", "median", "slowest quarter"])
        for result in ring where result.batch == 1 {
            let values = result.nanosecondsPerEntry
            table.add([
                result.implementation.rawValue, "\(result.entryBytes)", values.fastestQuartile.text(2),
                values.median.text(2), values.slowestQuartile.text(2),
            ])
        }
        return table.text
    }

    private var roundTripTable: String {
        var table = TextTable(["round trip", "median", "spread", "x lower bound", "paired", "n"])
        for result in roundTrip {
            table.add([
                result.implementation.rawValue, result.nanosecondsPerRoundTrip.median.text(2),
                result.nanosecondsPerRoundTrip.spread.percent, result.ratioToLowerBound.map { $0.text(2) } ?? "-",
                result.pairedRatioToLowerBound.map { $0.text(2) } ?? "-",
                "\(result.nanosecondsPerRoundTrip.values.count)",
            ])
        }
        for result in cacheLine {
            table.add([
                result.lines == 1 ? "one cache line" : "two cache lines",
                result.nanosecondsPerRoundTrip.median.text(2),
                result.nanosecondsPerRoundTrip.spread.percent, "", "",
                "\(result.nanosecondsPerRoundTrip.values.count)",
            ])
        }
        return table.text
    }
}
