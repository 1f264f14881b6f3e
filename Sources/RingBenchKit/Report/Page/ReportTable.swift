/// A table of figures.
struct ReportTable: Sendable {
    /// Short and unique; names the table's rows in CSV.
    let id: String
    /// What it shows, with units.
    let caption: String
    /// The first is of the rows' names.
    let columns: [String]
    var rows: [[ReportCell]] = []
}

/// One cell: as people read it, and as a program does.
struct ReportCell: Sendable, ExpressibleByStringLiteral {
    let text: String
    /// Behind the text, smaller: an interval, or a spread.
    var note = ""
    var value: Double?
    var interval: Bootstrap.Interval?
    var evidence: Evidence?

    init(stringLiteral text: String) { self.text = text }

    /// A word.
    init(_ text: String) { self.text = text }

    /// A number with its digits and what is known of it.
    init(
        _ value: Double?, _ digits: Int, interval: Bootstrap.Interval? = nil, evidence: Evidence? = nil
    ) {
        text = value.map { $0.text(digits) } ?? "-"
        self.value = value
        self.evidence = value == nil ? nil : evidence
        self.interval = interval
        if let interval { note = "\(interval.low.text(digits)) to \(interval.high.text(digits))" }
    }

    /// A figure of a result.
    init(_ quantity: ReportQuantity?, _ digits: Int, scale: Double = 1, withInterval: Bool = true) {
        let interval = quantity?.interval.map { Bootstrap.Interval(low: $0.low * scale, high: $0.high * scale) }
        self.init(
            quantity.map { $0.value * scale }, digits, interval: withInterval ? interval : nil,
            evidence: quantity?.evidence)
    }

    /// Whether it is to the right.
    var isNumber: Bool { value != nil || text == "-" }
}
