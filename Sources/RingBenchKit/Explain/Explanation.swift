import RingKernelModel

/// `ringbench explain`: one proposal on one screen.
public struct Explanation: Encodable, Sendable {
    /// Lines that a screen has.
    static let mostLines = 60

    let composition: Composition
    private let costs: BookkeepingCosts
    private let subject: Subject
    /// What each case came to, run for this; nil if nothing was run.
    private var report: ConformanceReport?

    /// Explains a proposal, and runs every case of the conformance suite against it.
    ///
    /// - Throws: `Failure`: `.usage` for a name that there is none of, `.checkFailed` where nothing is written down.
    public init(_ name: String) throws(Failure) {
        guard let composition = Composition.named(name) else {
            throw Failure(.usage, "there is no proposal \(name); ringbench explain lists them")
        }
        try self.init(composition)
        var conformance = Conformance()
        conformance.compositions = [composition]
        conformance.operations = 0
        report = try conformance.run(progress: Progress(quiet: true))
    }

    /// What is written down of a proposal; nothing is run.
    private init(_ composition: Composition) throws(Failure) {
        guard let costs = BookkeepingCosts.of(composition.bookkeeping) else {
            throw Failure(
                .checkFailed,
                "\(composition.name): BookkeepingCosts says nothing about \"\(composition.bookkeeping.name)\"")
        }
        self.composition = composition
        self.costs = costs
        subject = try Subject(composition)
    }

    /// What is written down of every proposal.
    public static func all() throws(Failure) -> ExplanationList {
        var proposals: [Explanation] = []
        for composition in Composition.all { proposals.append(try Explanation(composition)) }
        return ExplanationList(proposals: proposals)
    }

    /// What there is to explain, a line each.
    public static var list: String {
        var table = TextTable(["proposal", "rows", "standing", "source"])
        for composition in Composition.all {
            table.add([
                composition.name, composition.rows.joined(separator: " "), "\(composition.standing)",
                composition.source,
            ])
        }
        return table.leftAligned
    }

    /// The screen.
    public var text: String {
        let head = """
            \(composition.name)   \(composition.rows.joined(separator: ", ")) of design/sources.md
            \(composition.source)
            \(composition.standing.explanation)
            """
        return [
            head, Self.part("What it is", parts), Self.part("Its tokens", subject.rules.explanations(of: subject)),
            Self.part("What it costs", costLines), Self.part("What it does wrong", defects + failures),
            "Measure it: ringbench evaluate --proposals \(composition.name)",
        ].joined(separator: "\n\n")
    }

    private var parts: [(String, String)] {
        let claims = composition.rows.compactMap { id in Scenario.named(id).map { (id, $0.name) } }
        let modes = subject.modes.map {
            $0.chooser == .nobody ? "one bookkeeping, nobody chooses" : composition.modes.name
        }
        return claims + [
            ("bookkeeping", composition.bookkeeping.name), ("taken back", composition.cleanUp.explanation),
            ("rings", composition.topology.rawValue), ("who chooses", modes ?? composition.modes.name),
        ]
    }

    private var costLines: [(String, String)] {
        [
            ("take delivery", composition.delivery.explanation), ("give back", composition.returning.explanation),
            ("token", costs.token), ("pool reference", costs.references), ("make tokens", making),
            ("take them back", takingBack), ("memory", costs.memory),
        ]
    }

    /// A delivery ring's fragments go away when they become tokens.
    private var making: String {
        guard composition.hasDeliveryRing else { return costs.issue }
        return costs.takingOver ?? "\(costs.issue); the fragment's own reference is dropped"
    }

    /// A refill ring and a fill queue look at the buffer themselves.
    private var takingBack: String {
        switch composition.returning {
        case .refillRing:
            "compare-exchange for a row of entries of one buffer, refused if it has not as many; under the ring set's lock"
        case .fillQueue: "1 atomic a token at most; nothing is looked up; under the ring set's lock"
        case .mappedRing: "\(costs.release); under the ring set's lock"
        default: costs.release
        }
    }

    /// Defects of the posted code, each once with the cases that show it.
    private var defects: [(String, String)] {
        var found: [(name: String, cases: [String])] = []
        for cell in report?.cases ?? [] where cell.outcome == .knownDefect {
            if let position = found.firstIndex(where: { $0.name == cell.defect }) {
                found[position].cases.append(cell.id)
            } else {
                found.append((cell.defect, [cell.id]))
            }
        }
        return found.map { ($0.cases.joined(separator: " "), $0.name) }
    }

    private var failures: [(String, String)] {
        guard let report else { return [] }
        let totals = ConformanceOutcome.allCases.map { "\($0.rawValue) \(report.totals[$0.rawValue] ?? 0)" }
        return report.failures.map { ($0.id, "fails: \($0.name)") } + [
            ("cases run now", totals.joined(separator: ", ")),
            ("each step", "ringbench conformance --proposals \(composition.name)"),
        ]
    }

    /// Words to the left, what is to be said of them to the right, broken at 110 columns.
    private static func part(_ title: String, _ lines: [(String, String)]) -> String {
        let indent = 22
        let body = lines.flatMap { word, text -> [String] in
            let pieces = wrapped(text, to: 110 - indent)
            return pieces.enumerated().map { number, piece in
                let left = number == 0 ? "  \(word)" : ""
                return left + String(repeating: " ", count: max(1, indent - left.count)) + piece
            }
        }
        return ([title] + body).joined(separator: "\n")
    }

    private static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    private enum CodingKeys: String, CodingKey {
        case name, rows, standing, composition, tokens, costs, defects, totals
    }

    /// The same as an object.
    public func encode(to encoder: any Encoder) throws {
        func table(_ lines: [(String, String)]) -> [String: String] {
            Dictionary(lines.map { ($0.0.replacing(" ", with: "_"), $0.1) }) { first, _ in first }
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(composition.name, forKey: .name)
        try container.encode(composition.rows, forKey: .rows)
        try container.encode("\(composition.standing)", forKey: .standing)
        try container.encode(composition.description, forKey: .composition)
        try container.encode(table(subject.rules.explanations(of: subject)), forKey: .tokens)
        try container.encode(table(costLines), forKey: .costs)
        guard let report else { return }
        try container.encode(table(defects), forKey: .defects)
        try container.encode(report.totals, forKey: .totals)
    }
}

/// `ringbench explain --json`: what is written down of every proposal, without what it does wrong.
public struct ExplanationList: Encodable, Sendable {
    let proposals: [Explanation]
}
