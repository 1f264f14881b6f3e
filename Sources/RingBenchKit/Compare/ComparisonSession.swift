/// Two commands run in turn, each time in a process of its own, in blocks of four: one side, the other twice, the first again. What the
/// machine does meanwhile hits both alike, and what drifts evenly cancels within a block.
public struct ComparisonSession: Sendable {
    /// The two, as words.
    let commands: (first: MeasuredCommand, second: MeasuredCommand)
    /// What is compared and when a difference counts.
    public var comparison = ResultComparison()
    /// Decides which side a block begins with.
    public var seed = UInt64.random(in: 0...UInt64(UInt32.max))
    /// Fewest blocks, and most.
    public var blocks = 8...24
    /// Half the width of an interval, as a part of the ratio, that is narrow enough to stop.
    public var precision = 0.02

    /// Two command lines, each in one text.
    ///
    /// - Throws: `Failure` of kind `.usage` for a text that is no command line.
    public init(first: String, second: String) throws(Failure) {
        commands = (try MeasuredCommand(first), try MeasuredCommand(second))
    }

    /// This program against itself, with these words.
    public init(itself words: [String]) {
        // The link itself would be another program's once that has been started.
        let program = HostFile.destination(ofLink: "/proc/self/exe") ?? CommandLine.arguments[0]
        let command = MeasuredCommand(words: [program] + words)
        commands = (command, command)
    }

    /// How a session went.
    struct Record: Encodable, Sendable {
        let seed: UInt64
        /// Of each block: ABBA or BAAB, the command lines being A and B.
        let order: [String]
        let precision: Double
        /// Whether every interval got that narrow.
        let isNarrowEnough: Bool
        /// The widest of them, half of it, as a part of its ratio.
        let widest: Double

        private enum CodingKeys: String, CodingKey {
            case seed, order, precision
            case isNarrowEnough = "every_interval_is_narrow_enough"
            case widest = "widest_half_interval"
        }

        /// What a reader of the table should know of it.
        var text: String {
            """
            \(order.count) blocks of four fresh processes, ABBA or BAAB by seed \(seed), after one run of each that was thrown \
            away; ratio: median of the blocks'. \(isNarrowEnough ? "Every interval is" : "Not every interval is") within \
            +-\((precision * 100).text(1)) %\(isNarrowEnough ? "" : "; the widest is +-\((widest * 100).text(1)) %: more blocks would help")
            """
        }
    }

    /// Measures. After Ctrl-C it compares the blocks that are complete.
    ///
    /// - Throws: `Failure`: a command's own, or as `ResultComparison.compare`.
    public func run(progress: Progress) throws(Failure) -> ComparisonReport {
        try validate()
        progress.step("compare: warm-up")
        let (first, second) = (try commands.first.run(), try commands.second.run())
        let pairs = try comparison.pairs(first, second)
        var random = SeededGenerator(seed: seed)
        var order: [String] = []
        var values = Dictionary(uniqueKeysWithValues: pairs.shared.map { ($0.0.name, [ComparisonBlock]()) })
        var figures: [FigureComparison] = []
        do throws(Failure) {
            while order.count < blocks.upperBound, !Interrupt.isRequested {
                progress.step("compare: block \(order.count + 1) of \(blocks.lowerBound) to \(blocks.upperBound)")
                let firstIsOuter = Bool.random(using: &random)
                try runBlock(firstIsOuter, into: &values)
                order.append(firstIsOuter ? "ABBA" : "BAAB")
                guard order.count >= blocks.lowerBound else { continue }
                figures = compared(pairs.shared.map(\.0), values)
                if figures.allSatisfy({ $0.halfWidth <= precision }) { break }
            }
        } catch {
            guard error.kind == .interrupted, !order.isEmpty else { throw error }
        }
        if order.count < blocks.lowerBound { figures = compared(pairs.shared.map(\.0), values) }
        let widest = figures.map(\.halfWidth).max() ?? 0
        return ComparisonReport(
            first: first, second: second, minimumEffect: comparison.minimumEffect, figures: figures,
            unshared: pairs.unshared, differences: pairs.differences,
            session: Record(
                seed: seed, order: order, precision: precision, isNarrowEnough: widest <= precision, widest: widest))
    }

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    public func validate() throws(Failure) {
        try comparison.validate()
        guard precision > 0, precision < 1 else {
            throw Failure(.usage, "--precision \(precision * 100): it is more than 0 % and below 100 %")
        }
    }

    private func runBlock(
        _ firstIsOuter: Bool, into values: inout [String: [ComparisonBlock]]
    ) throws(Failure) {
        let (outer, inner) = firstIsOuter ? (commands.first, commands.second) : (commands.second, commands.first)
        let outside = try medians(outer)
        let inside = (try medians(inner), try medians(inner))
        let outsideAgain = try medians(outer)
        for name in values.keys {
            guard let a = outside[name], let b = inside.0[name], let c = inside.1[name], let d = outsideAgain[name]
            else {
                throw Failure(.usage, "\(name) is missing in a later run: the commands must measure the same each time")
            }
            let block =
                firstIsOuter
                ? ComparisonBlock(first: (a, d), second: (b, c)) : ComparisonBlock(first: (b, c), second: (a, d))
            values[name]?.append(block)
        }
    }

    /// One run's medians by figure.
    private func medians(_ command: MeasuredCommand) throws(Failure) -> [String: Double] {
        Dictionary(
            try command.run().figures.map { ($0.name, Repetitions($0.values).median) },
            uniquingKeysWith: { one, _ in one })
    }

    private func compared(
        _ figures: [SampledFigure], _ values: [String: [ComparisonBlock]]
    ) -> [FigureComparison] {
        figures.map {
            FigureComparison($0, blocks: values[$0.name] ?? [], minimumEffect: comparison.minimumEffect)
        }
    }
}

extension FigureComparison {
    fileprivate var halfWidth: Double { interval.relativeHalfWidth(around: ratio) }
}
