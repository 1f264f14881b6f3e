extension SystemCallCosts {
    /// The measurement for people: every figure with its quartiles, and what derives from them.
    public var text: String {
        var figures = TextTable(["call", "ns", "quartiles", "spread"])
        for call in calls {
            guard let cost = call.nsPerCall else {
                figures.add([call.name, "-"])
                continue
            }
            figures.add([call.name] + Self.cells(cost))
        }
        var costs = TextTable(["derived", "ns", "quartiles", "spread"])
        for cost in derived { costs.add([cost.name] + Self.cells(cost.value)) }
        let refused = calls.compactMap { call in call.unavailable.map { "\(call.name): not available: \($0.reason)" } }
        let head = "system calls on CPU \(cpu), median of \(repetitions) repetitions of \(rounds) rounds [kernel]"
        return ([head, figures.text, costs.text] + refused).joined(separator: "\n")
    }

    private static func cells(_ cost: Repetitions) -> [String] {
        [rounded(cost.median), "\(rounded(cost.quantile(0.25)))..\(rounded(cost.quantile(0.75)))", cost.spread.percent]
    }

    /// One decimal below 100, none above.
    private static func rounded(_ value: Double) -> String { value.text(abs(value) < 100 ? 1 : 0) }
}
