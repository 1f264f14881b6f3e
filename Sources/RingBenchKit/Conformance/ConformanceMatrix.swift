import RingKernelModel

/// Runs cases against proposals and compares what is seen with what is written down.
struct ConformanceMatrix {
    let scenarios: [Scenario]
    let subjects: [Subject]

    /// All cells, case by case.
    func run(progress: Progress) -> [ConformanceVerdict] {
        var verdicts: [ConformanceVerdict] = []
        for scenario in scenarios {
            guard !Interrupt.isRequested else { break }
            progress.step("case \(scenario.id): \(scenario.name)")
            for subject in subjects { verdicts.append(Self.judge(scenario, subject)) }
        }
        return verdicts
    }

    /// Runs one case against one proposal.
    static func judge(_ scenario: Scenario, _ subject: Subject) -> ConformanceVerdict {
        func verdict(
            _ outcome: ConformanceOutcome, _ expected: String, _ detail: String, defect: String = ""
        ) -> ConformanceVerdict {
            ConformanceVerdict(
                id: scenario.id, name: scenario.name, mechanism: subject.name, outcome: outcome, expected: expected,
                defect: defect, detail: detail)
        }
        guard let expectation = scenario.expectations.first(where: { $0.applies(subject) }) else {
            return verdict(.fail, "", "nothing is written down for this proposal")
        }
        if case .notApplicable(let reason) = expectation.kind { return verdict(.notApplicable, "", reason) }
        let expected = "\(expectation.text) [\(expectation.source)]"
        let observation: Observation
        do {
            observation = try Observation(of: scenario, subject)
        } catch {
            return verdict(.fail, expected, "\(error)")
        }
        switch expectation.kind {
        case .notApplicable(let reason): return verdict(.notApplicable, "", reason)
        case .sees(let steps):
            return observation.isClean && observation.seen == steps
                ? verdict(.pass, expected, observation.text)
                : verdict(.fail, expected, observation.account)
        case .defect(let name, let right, let posted):
            if observation.isClean, observation.seen == right { return verdict(.pass, expected, observation.text) }
            // A defect is only ever somebody else's: what this project proposes has to be right.
            let isKnown = subject.composition.standing != .ours && (posted == nil || observation.seen == posted)
            return verdict(isKnown ? .knownDefect : .fail, expected, observation.account, defect: isKnown ? name : "")
        }
    }
}
