/// Charts drawn by gnuplot as SVG, to be put into a page.
struct Drawings {
    private let drawn: [String: String]

    /// Draws all of them.
    ///
    /// - Throws: `Failure`: `.unavailable` without gnuplot, `.systemCall` with the first line of what gnuplot said.
    init(_ charts: [ReportChart]) throws(Failure) {
        var drawn: [String: String] = [:]
        for chart in charts {
            let program = [GnuplotReport.terminal(chart)] + ChartStyle.preamble + chart.program
            drawn[chart.name] = Self.embedded(try Self.run(program.joined(separator: "\n") + "\n"), of: chart)
        }
        self.drawn = drawn
    }

    /// The SVG element of a chart.
    func svg(of chart: ReportChart) -> String { drawn[chart.name] ?? "" }

    /// The element alone, with ids of its own, in the page's text colour.
    private static func embedded(_ document: String, of chart: ReportChart) -> String {
        guard let start = document.firstRange(of: "<svg")?.lowerBound else { return "" }
        var drawing = String(document[start...])
        // Every drawing of gnuplot has the same ids; on one page they must differ.
        for mark in ["id='", "id=\"", "href='#", "url(#"] {
            drawing = drawing.replacing(mark, with: "\(mark)\(chart.name)-")
        }
        // Axes and words are in the page's colour, which is light on dark.
        return drawing.replacing("color=\"black\"", with: "color=\"inherit\"")
            .replacing("color='black'", with: "color='inherit'").replacing("<title>Gnuplot</title>", with: "")
    }

    /// Runs a gnuplot program, without the user's own settings.
    private static func run(_ program: String) throws(Failure) -> String {
        guard let result = try FilterProgram.run(["gnuplot", "--default-settings"], input: program) else {
            throw Failure(
                .unavailable,
                "there is no gnuplot to draw the charts: install it with apt-get install gnuplot-nox, or take --format markdown"
            )
        }
        guard result.exitCode == 0, result.output.contains("</svg>") else {
            let said = result.errors.split(separator: "\n").map { $0.drop(while: \.isWhitespace) }
            throw Failure(
                .systemCall,
                "gnuplot drew nothing: \(said.last { $0.contains("line ") } ?? said.last ?? "it said nothing")")
        }
        return result.output
    }
}
