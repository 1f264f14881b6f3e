/// How a report is written.
public enum ReportFormat: String, CaseIterable, Sendable {
    case html, markdown, csv, gnuplot

    /// What a file name ends with; nil for another ending.
    public init?(suffixOf path: String) {
        switch path.split(separator: ".").last {
        case "html", "htm": self = .html
        case "md", "markdown": self = .markdown
        case "csv": self = .csv
        case "gp", "plt", "gnuplot": self = .gnuplot
        default: return nil
        }
    }
}

extension ReportPage {
    /// The report as text.
    ///
    /// - Throws: `Failure` of kind `.unavailable` when HTML is asked for and there is no gnuplot to draw its charts.
    public func written(as format: ReportFormat) throws(Failure) -> String {
        switch format {
        case .html: try HTMLReport(page: self, drawings: Drawings(charts)).text
        case .markdown: MarkdownReport(page: self).text
        case .csv: CSVReport(page: self).text
        case .gnuplot: GnuplotReport(page: self).text
        }
    }
}
