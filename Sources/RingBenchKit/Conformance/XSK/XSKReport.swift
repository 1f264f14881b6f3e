import TokenRingXDP

/// One case in one mode.
public struct XSKVerdict: Encodable, Sendable {
    /// What a case came to.
    public enum Outcome: String, Encodable, Sendable, CaseIterable {
        /// What was seen is what must be.
        case pass
        /// It is not.
        case fail
        /// This kernel or driver cannot run it; the detail has its reason.
        case skipped
    }

    /// The row, X1 to X30; T for a trace through model and kernel.
    public let id: String
    /// The kernel's name of the case.
    public let name: String
    /// What was tested: the driver.
    public let mechanism: String
    /// `skb`, `drv`, `zc`, each also with `busy-poll`.
    public let mode: String
    /// What it came to.
    public let outcome: Outcome
    /// What must be seen.
    public let expected: String
    /// What was seen, or why it was not run.
    public let detail: String
}

/// The result of `ringbench conformance --suite xsk`.
public struct XSKReport: Encodable, Sendable {
    /// Always `xsk`.
    public let suite = "xsk"
    /// This kernel did it.
    public let evidence = Evidence.kernel
    /// The modes, in the order of the table's columns.
    public let modes: [String]
    /// Every cell.
    public let cases: [XSKVerdict]
    /// How many cells came to each outcome.
    public let totals: [String: Int]

    init(modes: [String], cases: [XSKVerdict]) {
        self.modes = modes
        self.cases = cases
        var totals: [String: Int] = [:]
        for outcome in XSKVerdict.Outcome.allCases {
            totals[outcome.rawValue] = cases.count { $0.outcome == outcome }
        }
        self.totals = totals
    }

    private enum CodingKeys: String, CodingKey { case suite, evidence, modes, cases, totals }

    /// Ends the command when something failed.
    ///
    /// - Throws: `Failure` of kind `checkFailed` that names the first cells.
    public func require() throws(Failure) {
        let failures = cases.filter { $0.outcome == .fail }
        guard let first = failures.first else { return }
        throw Failure(
            .checkFailed,
            "\(failures.count) of \(cases.count) cells fail, the first is \(first.id) in \(first.mode): \(first.detail)"
        )
    }

    /// The table and what is to be said of its failures and skips.
    public var text: String {
        var table = TextTable(["case"] + modes)
        var seen: Set<String> = []
        for cell in cases where seen.insert(cell.id).inserted {
            let row = modes.map { mode in
                cases.first { $0.id == cell.id && $0.mode == mode }?.outcome.rawValue ?? ""
            }
            table.add(["\(cell.id) \(cell.name)"] + row)
        }
        let totals = XSKVerdict.Outcome.allCases.map { "\($0.rawValue): \(self.totals[$0.rawValue] ?? 0)" }
        let rest = cases.filter { $0.outcome != .pass }.map { cell in
            "\(cell.id) \(cell.mode) \(cell.outcome.rawValue): \(cell.detail)"
                + (cell.outcome == .fail ? "\n    right: \(cell.expected)" : "")
        }
        return ([table.text, totals.joined(separator: "   ") + "   (evidence: kernel)"] + rest).joined(
            separator: "\n\n")
    }
}
