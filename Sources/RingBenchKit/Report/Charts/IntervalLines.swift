/// Lines over a quantity that grows, each point with its interval.
struct IntervalLines {
    let name: String
    let title: String
    let caption: String
    let horizontal: String
    let vertical: String
    /// Over which values; doubled from one to the next, or nearly.
    let positions: [Double]
    /// Each has a value for each position, nil where there is none.
    let series: [(label: String, values: [ReportQuantity?])]

    var chart: ReportChart {
        var lines = [
            "set xlabel \(Gnuplot.quoted(horizontal)) noenhanced", "set ylabel \(Gnuplot.quoted(vertical)) noenhanced",
            "set logscale x 2", "set yrange [0:*]", "set offsets graph 0.04, graph 0.04, graph 0.05, 0",
            "set xtics (\(positions.map { "\(Gnuplot.quoted(Self.label($0))) \($0.text(0))" }.joined(separator: ", ")))",
        ]
        var plots: [String] = []
        for (number, one) in series.enumerated() {
            let rows = zip(positions, one.values).map { position, quantity -> [Double?] in
                [
                    position, quantity?.value, quantity?.interval?.low ?? quantity?.value,
                    quantity?.interval?.high ?? quantity?.value,
                ]
            }
            lines += Gnuplot.block("line\(number)", rows)
            plots.append(
                "$line\(number) using 1:2:3:4 with yerrorlines \(ChartStyle.line(number)) title \(Gnuplot.quoted(one.label))"
            )
        }
        lines.append("plot " + plots.joined(separator: ", \\\n     "))
        return ReportChart(
            name: name, title: title, caption: caption, width: 760, height: 400, program: lines)
    }

    /// 1048576 as 1 M.
    private static func label(_ value: Double) -> String {
        switch value {
        case 1_048_576...: "\((value / 1_048_576).text(0)) M"
        case 8192... where value.truncatingRemainder(dividingBy: 1024) == 0: "\((value / 1024).text(0)) k"
        default: value.text(0)
        }
    }
}
