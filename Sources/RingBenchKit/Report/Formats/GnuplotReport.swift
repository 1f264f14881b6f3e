/// All charts as one gnuplot program with its data: `gnuplot report.gp` writes an SVG file a chart.
struct GnuplotReport {
    let page: ReportPage

    var text: String {
        var lines = ["# \(Self.comment(page.title))", "# \(Self.comment(page.subtitle))"]
        for chart in page.charts {
            lines += ["", "# \(Self.comment(chart.title))", "# \(Self.comment(chart.caption))", Self.terminal(chart)]
            lines += ChartStyle.preamble
            lines.append("set output \(Gnuplot.quoted("\(chart.name).svg"))")
            lines.append("set title \(Gnuplot.quoted(chart.title)) noenhanced")
            lines += chart.program
            lines.append("unset output")
        }
        return lines.joined(separator: "\n")
    }

    /// SVG of the chart's size.
    static func terminal(_ chart: ReportChart) -> String {
        "set terminal svg size \(chart.width),\(chart.height) dynamic enhanced font 'sans-serif,14' linewidth 1.2"
    }

    private static func comment(_ text: String) -> String { text.replacing("\n", with: " ") }
}
