/// When a measurement is warm: two windows in a row agree. What they measured is thrown away.
struct WarmUp: Encodable, Sendable {
    /// Rounds of a window.
    private static let window = 3
    /// Rounds after which it goes on warm or not.
    private static let most = 4 * window
    /// How far the windows may lie apart, as a part of 1.
    static let tolerance = 0.05

    /// The figures of each round, always in the same order.
    private var rounds: [[Double]] = []

    /// Whether the last two windows agree: the middle figure's median moved by no more than the tolerance.
    var agrees: Bool { change.map { $0 <= Self.tolerance } ?? false }

    /// Whether another round is needed.
    var goesOn: Bool { !agrees && rounds.count < Self.most }

    /// Rounds that were run.
    var count: Int { rounds.count }

    /// Notes a round.
    mutating func add(_ figures: [Double]) { rounds.append(figures) }

    /// How far the middle figure moved from the window before the last to the last; nil before there are two.
    private var change: Double? {
        guard rounds.count >= 2 * Self.window, let figures = rounds.first?.count, figures > 0 else { return nil }
        let (last, before) = (rounds.suffix(Self.window), rounds.dropLast(Self.window).suffix(Self.window))
        let changes = (0..<figures).map { figure in
            FigureComparison.effect(
                Repetitions(last.map { $0[figure] }).median / Repetitions(before.map { $0[figure] }).median)
        }
        // A figure may be 0 when every batch of a run was disturbed.
        .filter(\.isFinite)
        return changes.isEmpty ? nil : Repetitions(changes).median
    }

    /// A sentence if it never got warm.
    var warning: String? {
        guard !agrees else { return nil }
        let moved = change.map { "\(($0 * 100).text(0)) %" } ?? "an unknown part"
        return
            "the machine was not steady when measuring began: after \(rounds.count) rounds its figures still moved by \(moved)"
    }

    /// How it went; not the figures.
    func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "rounds": rounds.count, "change": change, "agrees": agrees, "tolerance": Self.tolerance,
        ])
    }
}
