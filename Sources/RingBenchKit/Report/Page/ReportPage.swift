/// A report as data: what every format writes, each in its way.
public struct ReportPage: Sendable {
    let title: String
    /// One line under the title.
    let subtitle: String
    /// The figures to see first.
    let headlines: [ReportHeadline]
    let sections: [ReportSection]

    /// All charts, in order.
    var charts: [ReportChart] {
        sections.flatMap(\.blocks).compactMap { block in
            if case .chart(let chart) = block { chart } else { nil }
        }
    }
}

/// One figure to see first.
struct ReportHeadline: Sendable {
    /// What it is of.
    let label: String
    /// The figure with its unit.
    let figure: String
    let evidence: Evidence?
    /// What to compare it with, or how it was come by.
    let note: String
}

/// A part of a report under a heading.
struct ReportSection: Sendable {
    /// Short and unique; links name it.
    let id: String
    let title: String
    let blocks: [ReportBlock]
}

/// A piece of a section.
enum ReportBlock: Sendable {
    case text(String)
    case heading(String)
    case table(ReportTable)
    case chart(ReportChart)
    case grid(OutcomeGrid)
    /// What is there to be looked up; folded where a format can.
    case aside(String, [ReportBlock])
    /// Commands, a line each.
    case commands([String])
    /// No result was given for what is named; the command that makes one.
    case missing(String, ResultKind)
}
