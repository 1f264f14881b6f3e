/// A row of marks with intervals for each label, and lines across at values to compare with.
struct IntervalDots {
    let name: String
    let title: String
    let caption: String
    let unit: String
    var isLogarithmic = false
    /// Ends of the axis as gnuplot takes them; nil: from what is shown.
    var range: String?
    let labels: [String]
    /// Each has a value for each label, nil where there is none.
    let series: [(label: String, values: [ReportQuantity?])]
    var references: [(label: String, value: Double)] = []

    var chart: ReportChart {
        var lines = ChartStyle.rowAxis(labels)
        lines.append("set xlabel \(Gnuplot.quoted(unit))")
        if isLogarithmic {
            lines += [
                "set logscale x", "set autoscale xfix", "set offsets graph 0.02, graph 0.02, 0, 0",
                "set xtics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)",
            ]
        }
        if let range { lines.append("set xrange [\(range)]") }
        for (number, reference) in references.enumerated() {
            // The first one's words end at its line and the others' begin there, so that near ones do not overlap.
            let side = number == 0 ? "right" : "left"
            lines += [
                "set arrow from \(reference.value), graph 0 to \(reference.value), graph 1 nohead lw 1.4 dt 2 "
                    + "lc rgb '\(ChartStyle.grey)' back",
                "set label \(Gnuplot.quoted(reference.label)) at \(reference.value), graph 1 \(side) offset 0,0.7 "
                    + "font ',12'",
            ]
        }
        var plots: [String] = []
        for (number, one) in series.enumerated() {
            lines += Gnuplot.block("series\(number)", rows(one.values, number))
            let title = series.count > 1 ? "title \(Gnuplot.quoted(one.label))" : "notitle"
            plots.append("$series\(number) using 2:1:3:4 with xerrorbars \(ChartStyle.mark(number)) \(title)")
        }
        lines.append("plot " + plots.joined(separator: ", \\\n     "))
        return ReportChart(
            name: name, title: title, caption: caption, width: 920,
            height: ChartStyle.height(
                rows: labels.count, each: max(24, 14 * series.count), keyLines: series.count > 1 ? 1 : 0),
            program: lines)
    }

    /// Series lie beside each other within a label's row.
    private func rows(_ values: [ReportQuantity?], _ number: Int) -> [[Double?]] {
        let shift = series.count > 1 ? (Double(number) / Double(series.count - 1) - 0.5) * 0.6 : 0
        return values.enumerated().compactMap { position, quantity in
            guard let quantity else { return nil }
            return [
                Double(position) + shift, quantity.value, quantity.interval?.low ?? quantity.value,
                quantity.interval?.high ?? quantity.value,
            ]
        }
    }
}
