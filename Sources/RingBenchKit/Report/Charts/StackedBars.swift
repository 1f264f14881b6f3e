/// Horizontal bars made of parts. What this kernel did is filled, what the model did is hatched.
struct StackedBars {
    let name: String
    let title: String
    let caption: String
    let unit: String
    let parts: [Part]
    let bars: [Bar]

    /// One part of every bar.
    struct Part {
        let label: String
        let colour: String
        let fill: Fill
    }

    /// How a part looks.
    enum Fill: String {
        case solid = "solid 1.0 noborder"
        case hatched = "pattern 4 border"
        case outlined = "empty border"

        /// As gnuplot has it. A pattern follows the filling's colour, the border of an empty box neither.
        func words(_ colour: String) -> String {
            let border = self == .solid ? "" : " rgb '\(colour)'"
            return "fs \(rawValue)\(border) fc rgb '\(colour)' lw 0.8"
        }
    }

    /// One bar: a value for each part, and the interval of the whole.
    struct Bar {
        let label: String
        let values: [Double]
        let interval: Bootstrap.Interval?
    }

    var chart: ReportChart {
        var lines = ChartStyle.rowAxis(bars.map(\.label))
        lines += ["set xlabel \(Gnuplot.quoted(unit))", "set xrange [0:*]", "set style fill solid", "set grid front"]
        lines += Gnuplot.block("bars", bars.enumerated().map { row($0.offset, $0.element) })
        var plots = parts.enumerated().map { number, part in
            let (low, high) = (number + 4, number + 5)
            // Nothing for a part that a bar does not have: its border would show.
            return """
                $bars using ($\(high)>$\(low)?$\(low):NaN):1:\(low):\(high):($1-0.36):($1+0.36) with boxxyerror \
                \(part.fill.words(part.colour)) title \(Gnuplot.quoted(part.label))
                """
        }
        if bars.contains(where: { $0.interval != nil }) {
            plots.append("$bars using (($2+$3)/2):1:2:3 with xerrorbars pt -1 lw 1.4 lc black title 'interval'")
        }
        lines.append("plot " + plots.joined(separator: ", \\\n     "))
        return ReportChart(
            name: name, title: title, caption: caption, width: 920,
            height: ChartStyle.height(rows: bars.count, keyLines: (parts.count + 3) / 3), program: lines)
    }

    /// Row, interval, and where the parts begin and end.
    private func row(_ number: Int, _ bar: Bar) -> [Double?] {
        var edges = [0.0]
        for value in bar.values { edges.append(edges[edges.count - 1] + value) }
        return [Double(number), bar.interval?.low, bar.interval?.high] + edges
    }
}
