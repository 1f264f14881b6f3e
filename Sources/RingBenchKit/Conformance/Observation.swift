import RingKernelModel

/// What one run of a case showed.
struct Observation {
    /// The steps.
    let seen: [String]
    /// What was done.
    private let trace: [String]
    /// What no step says and is always wrong.
    private var alarms: [String] = []

    /// Runs the case, gives everything back, closes everything, and looks at the books.
    ///
    /// - Throws: when a kernel could not be made; what stops a case is an alarm.
    init(of scenario: Scenario, _ subject: Subject) throws {
        let kernel = try ScenarioKernel(subject, bare: scenario.isBare, scenario.configure)
        do {
            try scenario.run(kernel)
        } catch {
            alarms.append("\(error)")
        }
        seen = kernel.seen
        trace = kernel.trace
        if !scenario.keepsTokens { kernel.giveBackAll() }
        kernel.tearDown()
        if kernel.corrupt > 0 { alarms.append("\(kernel.corrupt) fragments had wrong bytes") }
        alarms += kernel.kernel.oopses.all.prefix(1).map { "the kernel would have crashed: \($0)" }
        if let wrong = kernel.wrongBooks { alarms.append("when all is closed, \(wrong)") }
    }

    /// Whether nothing was wrong that no step says.
    var isClean: Bool { alarms.isEmpty }
    /// The steps in one line.
    var text: String { seen.joined(separator: "; ") }

    /// What was done, and what was seen, in a line each.
    var account: String {
        let done = trace.count > 16 ? trace.prefix(8) + ["..."] + trace.suffix(7) : trace[...]
        return "done: \(done.joined(separator: "; "))\nseen: \((seen + alarms).joined(separator: "; "))"
    }
}
