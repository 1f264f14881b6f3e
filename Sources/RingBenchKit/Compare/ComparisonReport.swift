/// What `ringbench compare` found: the key `comparison` of the document.
public struct ComparisonReport: Encodable, Sendable {
    /// A regression is what CI fails for.
    public var showsRegression: Bool { figures.contains { $0.verdict == .worse } }
    /// Of what runs.
    let first: String
    let second: String
    let minimumEffect: Double
    let figures: [FigureComparison]
    /// Figures that only one of the two has.
    let unshared: Int
    let differences: [EnvironmentDifference]
    /// Options in which the two were run differently.
    let options: [EnvironmentDifference]
    let wasInterrupted: Bool
    /// How a session went; nil for stored results.
    var session: ComparisonSession.Record?

    init(
        first: StoredResult, second: StoredResult, minimumEffect: Double, figures: [FigureComparison], unshared: Int,
        differences: [EnvironmentDifference], session: ComparisonSession.Record? = nil
    ) {
        self.first = first.origin
        self.second = second.origin
        self.minimumEffect = minimumEffect
        self.figures = figures
        self.unshared = unshared
        self.differences = differences
        self.session = session
        wasInterrupted = first.wasInterrupted || second.wasInterrupted
        options = Set(first.options.keys).union(second.options.keys).sorted().compactMap { key in
            let (one, other) = (first.options[key] ?? "missing", second.options[key] ?? "missing")
            return one == other ? nil : EnvironmentDifference(key: key, first: one, second: other)
        }
    }

    private enum Key: String, CodingKey { case comparison }

    private enum CodingKeys: String, CodingKey {
        case first, second, figures, session
        case minimumEffect = "minimum_effect"
        case unshared = "unshared_figures"
        case differences = "environment_differences"
        case options = "option_differences"
        case wasInterrupted = "an_input_was_interrupted"
        case regression = "regression_shown"
        case shown = "differences_shown"
    }

    /// One object, `comparison`.
    public func encode(to encoder: any Encoder) throws {
        var section = encoder.container(keyedBy: Key.self)
        var container = section.nestedContainer(keyedBy: CodingKeys.self, forKey: .comparison)
        try container.encode(first, forKey: .first)
        try container.encode(second, forKey: .second)
        try container.encode(minimumEffect, forKey: .minimumEffect)
        try container.encode(showsRegression, forKey: .regression)
        try container.encode(figures.filter { $0.verdict != .noDifferenceShown }.count, forKey: .shown)
        try container.encode(unshared, forKey: .unshared)
        try container.encode(differences, forKey: .differences)
        try container.encode(options, forKey: .options)
        try container.encode(wasInterrupted, forKey: .wasInterrupted)
        try container.encodeIfPresent(session, forKey: .session)
        try container.encode(figures, forKey: .figures)
    }

    // MARK: text

    /// The table and what to make of it.
    public var text: String {
        var lines = ["first:  \(first)", "second: \(second)"]
        if !options.isEmpty {
            lines.append(
                "options that differ: " + options.map { "\($0.key) \($0.first) / \($0.second)" }.joined(separator: ", ")
            )
        }
        if !differences.isEmpty {
            lines.append("environments differ (--force): " + differences.map(\.key).joined(separator: ", "))
        }
        if wasInterrupted { lines.append("a run was cut short by Ctrl-C: its figures rest on fewer repetitions") }
        return [lines.joined(separator: "\n"), table, conclusion, session?.text].compactMap(\.self)
            .joined(separator: "\n\n")
    }

    private var table: String {
        var table = TextTable(["figure", "first", "second", "second/first", "95 %", "floor", "verdict", "n"])
        for figure in figures {
            table.add([
                figure.name, figure.first.text(2), figure.second.text(2), figure.ratio.text(3),
                "\(figure.interval.low.text(3))-\(figure.interval.high.text(3))",
                figure.noiseFloor.map { "\(($0 * 100).text(1)) %" } ?? "-", figure.verdictText,
                "\(figure.samples[0])+\(figure.samples[1])",
            ])
        }
        return table.text
    }

    private var conclusion: String {
        let worse = figures.filter { $0.verdict == .worse }.count
        let better = figures.filter { $0.verdict == .better }.count
        let found =
            worse + better == 0
            ? "no difference shown"
            : "\(worse) worse, \(better) better, of the others no difference shown"
        return """
            \(figures.count) figures: \(found). A verdict needs an interval without 1, and more than \
            \((minimumEffect * 100).text(1)) % and the floor: how far runs of the same thing lay apart.
            """
    }
}

extension FigureComparison {
    /// A word for a table.
    fileprivate var verdictText: String {
        let isTime = name.contains("ns_per_") || name.hasSuffix("_per_s")
        switch verdict {
        case .noDifferenceShown: return verdict.rawValue
        case .better: return isTime ? "faster" : "better"
        case .worse: return isTime ? "slower" : "worse"
        }
    }
}
