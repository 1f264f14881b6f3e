/// How long the slowest take: a value for each part of all, the axis stretched towards the rare.
struct PercentileCurves {
    let name: String
    let title: String
    let caption: String
    let unit: String
    let series: [(label: String, points: [PercentilePoint])]

    var chart: ReportChart {
        var lines = [
            "set xlabel 'percentile'", "set ylabel \(Gnuplot.quoted(unit))", "set logscale xy", "set xrange [1:*]",
            "set xtics ('0' 1, '50' 2, '90' 10, '99' 100, '99.9' 1000, '99.99' 10000, '99.999' 100000)",
        ]
        var plots: [String] = []
        for (number, one) in series.enumerated() {
            lines += Gnuplot.block("curve\(number)", one.points.map { [100 / (100 - $0.percentile), $0.value] })
            plots.append(
                "$curve\(number) using 1:2 with linespoints \(ChartStyle.line(number)) title \(Gnuplot.quoted(one.label))"
            )
        }
        lines.append("plot " + plots.joined(separator: ", \\\n     "))
        return ReportChart(name: name, title: title, caption: caption, width: 760, height: 400, program: lines)
    }
}

/// The value that so many percent do not exceed.
struct PercentilePoint {
    let percentile: Double
    let value: Double

    private static let places = [0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.995, 99.999]

    /// From pairs of a value and how often it was; as far out as there are values enough to tell.
    static func all(of histogram: [JSONValue]) -> [PercentilePoint] {
        let pairs = histogram.map(\.numbers).filter { $0.count == 2 }.sorted { $0[0] < $1[0] }
        let total = pairs.reduce(0) { $0 + $1[1] }
        return places.filter { total >= 100 / (100 - $0) }.compactMap { place in
            var below = 0.0
            let value = pairs.first { pair in
                below += pair[1]
                return below >= total * place / 100
            }
            return value.map { PercentilePoint(percentile: place, value: $0[0]) }
        }
    }
}
