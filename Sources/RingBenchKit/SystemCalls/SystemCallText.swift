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
        let spread = cost.spread.isFinite ? "\(rounded(cost.spread * 100)) %" : "-"
        return [rounded(cost.median), "\(rounded(cost.quantile(0.25)))..\(rounded(cost.quantile(0.75)))", spread]
    }

    /// One decimal below 100, none above.
    private static func rounded(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        return abs(value) < 100 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))"
    }
}
