/// What all charts have in common: colours that the colour-blind tell apart (Okabe and Ito 2008), and beside each a pattern, a mark
/// or a dash, so that a black and white print says the same.
enum ChartStyle {
    static let blue = "#0072B2"
    static let orange = "#E69F00"
    static let green = "#009E73"
    static let purple = "#CC79A7"
    static let vermilion = "#D55E00"
    static let sky = "#56B4E9"
    static let grey = "#808080"

    /// For series: colour, mark, dash, always together.
    private static let series: [(colour: String, mark: Int, dash: String)] = [
        (vermilion, 5, "1"), (blue, 7, "2"), (green, 9, "4"), (purple, 11, "5"), (orange, 13, "3"), (sky, 4, "(8,3)"),
        (grey, 6, "(2,2)"), (blue, 8, "(12,4)"),
    ]

    /// The words that give series `number` its look as line and mark.
    static func line(_ number: Int) -> String {
        let look = series[number % series.count]
        return "lc rgb '\(look.colour)' pt \(look.mark) ps 0.8 dt \(look.dash) lw 1.6"
    }

    /// The same as a mark with an interval.
    static func mark(_ number: Int) -> String {
        let look = series[number % series.count]
        return "lc rgb '\(look.colour)' pt \(look.mark) ps 0.9 lw 1.6"
    }

    /// Before each chart: thin axes to the left and below, a light grid, the key above.
    static let preamble = [
        "reset session", "set encoding utf8", "set border 3 lw 0.8", "set tics nomirror out scale 0.5",
        "set grid xtics ytics lw 0.6 lc rgb '#b0b0b0' dt 3",
        "set key outside top left horizontal Left reverse samplen 2.2",
        "set datafile missing '?'", "set bars small",
    ]

    /// The height of rows of horizontal bars, in pixels, with room for axis and key.
    static func height(rows: Int, each: Int = 24, keyLines: Int = 2) -> Int { rows * each + 76 + 22 * keyLines }

    /// An axis of rows from the top down.
    static func rowAxis(_ labels: [String]) -> [String] {
        [
            "set yrange [\(Double(labels.count) - 0.4):-0.6]", "set ytics scale 0 (\(Gnuplot.tics(labels)))",
            "set grid noytics",
        ]
    }
}
