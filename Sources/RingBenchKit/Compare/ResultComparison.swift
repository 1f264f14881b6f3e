/// Two stored results put side by side.
public struct ResultComparison: Sendable {
    /// Smallest change that is worth a verdict, as a part of 1.
    public var minimumEffect = 0.02
    /// Whether differing environments are no obstacle.
    public var force = false
    /// Of the shared figures, those whose name contains one of these; all if empty.
    public var only: [String] = []

    /// The defaults of the command.
    public init() {}

    /// Compares what both files have.
    ///
    /// - Throws: `Failure` of kind `.usage`: a file that is no whole result, other environments, nothing in common.
    public func compare(_ first: String, _ second: String) throws(Failure) -> ComparisonReport {
        try validate()
        return try compare(StoredResult(path: first), StoredResult(path: second))
    }

    func compare(_ first: StoredResult, _ second: StoredResult) throws(Failure) -> ComparisonReport {
        let pairs = try pairs(first, second)
        let figures = pairs.shared.map { FigureComparison($0, $1, minimumEffect: minimumEffect) }
        return ComparisonReport(
            first: first, second: second, minimumEffect: minimumEffect, figures: figures,
            unshared: pairs.unshared, differences: pairs.differences)
    }

    func validate() throws(Failure) {
        guard minimumEffect >= 0, minimumEffect < 1 else {
            throw Failure(.usage, "--minimum-effect \(minimumEffect * 100): it is 0 % or more and below 100 %")
        }
    }

    /// The figures of both, as far as they were asked for and have a ratio.
    func pairs(
        _ first: StoredResult, _ second: StoredResult
    ) throws(Failure) -> (
        shared: [(SampledFigure, SampledFigure)], unshared: Int, differences: [EnvironmentDifference]
    ) {
        let differences = EnvironmentDifference.all(first, second)
        try EnvironmentDifference.refuse(differences, force: force)
        let others = Dictionary(second.figures.map { ($0.name, $0) }) { one, _ in one }
        let common = first.figures.compactMap { figure in others[figure.name].map { (figure, $0) } }
        guard !common.isEmpty else {
            throw Failure(
                .usage,
                "\(first.origin) (\(first.command)) and \(second.origin) (\(second.command)) have no figure in common; "
                    + "compare two results of one command")
        }
        let asked = common.filter { pair in only.isEmpty || only.contains { pair.0.name.contains($0) } }
        guard !asked.isEmpty else {
            throw Failure(
                .usage,
                "--figures \(only.joined(separator: ",")): no figure's name has that in it; there is \(common[0].0.name)"
            )
        }
        // A ratio to 0 says nothing.
        let shared = asked.filter { $0.0.hasRatio && $0.1.hasRatio }
        let names = Set(first.figures.map(\.name)).union(others.keys)
        return (shared, names.count - common.count, differences)
    }
}

extension SampledFigure {
    /// Whether every value can be divided by.
    fileprivate var hasRatio: Bool { values.allSatisfy { $0 > 0 && $0.isFinite } }
}
