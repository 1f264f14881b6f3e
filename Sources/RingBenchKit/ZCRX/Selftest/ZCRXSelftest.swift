import TokenRing
import TokenRingZCRX

/// The cases of liburing's test/zcrx.c, L1 to L14 of the sources, in our own words against this kernel, without a device.
public enum ZCRXSelftest {
    /// All cases, in order.
    static let cases = registrationCases + receiveCases + ringCases

    /// Runs every case on the calling thread.
    ///
    /// - Throws: `Failure`: `.privilege` without CAP_NET_ADMIN; `.unavailable` with the kernel's errno where zcrx cannot do without
    ///   a device.
    public static func run(progress: Progress) throws(Failure) -> ZCRXSelftestReport {
        try Capability.require([.netAdmin], for: "zcrx selftest")
        try ZCRXSupport.require()
        var verdicts: [ZCRXSelftestReport.Verdict] = []
        for test in cases.sorted(by: { $0.number < $1.number }) {
            progress.step("zcrx selftest: L\(test.number) \(test.name)")
            verdicts.append(test.verdict())
        }
        return ZCRXSelftestReport(cases: verdicts)
    }
}

/// One case.
struct ZCRXSelftestCase: Sendable {
    let number: Int
    let name: String
    let body: @Sendable (inout ZCRXChecks) throws(SystemCallError) -> Void

    init(
        _ number: Int, _ name: String,
        _ body: @escaping @Sendable (inout ZCRXChecks) throws(SystemCallError) -> Void
    ) {
        self.number = number
        self.name = name
        self.body = body
    }

    /// Runs the case. A call that fails where it must not is a failure of the case.
    func verdict() -> ZCRXSelftestReport.Verdict {
        var checks = ZCRXChecks()
        do throws(SystemCallError) { try body(&checks) } catch { checks.failures.append(error.description) }
        let outcome: ZCRXSelftestReport.Outcome =
            !checks.failures.isEmpty ? .fail : checks.done == 0 ? .skip : .pass
        let detail =
            switch outcome {
            case .fail: checks.failures.joined(separator: "; ")
            case .skip: checks.leftOut.joined(separator: "; ")
            case .pass: (["\(checks.done) checks"] + checks.leftOut.map { "without \($0)" }).joined(separator: ", ")
            }
        return .init(id: "L\(number)", name: name, outcome: outcome, detail: detail)
    }
}

/// What a case found.
struct ZCRXChecks {
    /// Checks that held or not.
    fileprivate(set) var done = 0
    fileprivate(set) var failures: [String] = []
    /// What this kernel or machine cannot do, and why.
    fileprivate(set) var leftOut: [String] = []

    /// `holds`, or the case fails with the sentence.
    mutating func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) {
        done += 1
        if !holds { failures.append(sentence()) }
    }

    /// `result` is one of these errnos, negative.
    mutating func expect(_ result: CInt, oneOf errnos: [CInt], _ what: String) {
        expect(errnos.contains { -$0 == result }, "\(what): \(ErrnoName.text(of: Int(result)))")
    }

    /// Part of the case cannot be tried here.
    mutating func leaveOut(_ reason: String) { leftOut.append(reason) }
}
