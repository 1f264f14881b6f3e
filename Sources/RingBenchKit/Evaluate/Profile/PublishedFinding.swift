import RingKernelModel

/// One statement of the mail threads about two ways to keep tokens, and what this run says to it.
///
/// Compared by the difference of the workers' idle time, run by run, with the interval of its median.
struct PublishedFinding: Encodable, Sendable {
    /// What the threads say.
    let statement: String
    /// Where.
    let source: String
    /// The proposals that were compared.
    let proposals: [String]
    /// Idle time of the first less that of the second, in percent of the worker's time; nil if one was not run.
    let differencePercent: Double?
    /// The interval of that.
    let interval: Bootstrap.Interval?
    /// What follows.
    let verdict: Verdict

    /// Whether this run agrees.
    enum Verdict: String, Encodable, Sendable {
        case agrees, disagrees
        /// The interval does not decide.
        case undecided
        /// One of the proposals was not run.
        case notRun = "not run"
    }

    /// What is claimed of the first proposal's idle time.
    private enum Claim {
        /// More than the second's.
        case more
        /// Not more than the second's.
        case noMore
    }

    private enum CodingKeys: String, CodingKey {
        case statement, source, proposals, verdict
        case differencePercent = "difference_percent"
        case interval = "difference_percent_ci95"
    }

    private static let array = "sockopt-uref"
    private static let xarray = "sockopt-xarray"
    private static let hash = "sockopt-hash"
    private static let counters = "sockopt-rcu"
    private static let pointer = "sockopt-pointer"
    private static let plain = "sockopt-plain"

    /// All statements, against the idle times of the proposals that were run.
    static func all(_ idle: [String: Repetitions]) -> [PublishedFinding] {
        let cover = "cover letters of v2 to v10 (C6, A5, A6)"
        let thread = "v1 thread, 2025-09 (A7, A8)"
        let others = idle.filter { $0.key.hasPrefix("sockopt-") && $0.key != pointer }
        let best = others.max { $0.value.median < $1.value.median }?.key
        return [
            finding("an array of counters beats the xarray", cover, array, .more, xarray, idle),
            finding("the array beats a hash table", cover, array, .more, hash, idle),
            finding("the array beats an xarray of RCU counters", cover, array, .more, counters, idle),
            finding("a hash table shows no gain over the xarray", cover, hash, .noMore, xarray, idle),
            finding("an xarray of RCU counters shows no gain over the xarray", cover, counters, .noMore, xarray, idle),
            finding("a raw pointer as the token is best of all", thread, pointer, .more, best ?? xarray, idle),
            finding("a plain array without atomics is a good improvement", thread, plain, .more, xarray, idle),
        ]
    }

    private static func finding(
        _ statement: String, _ source: String, _ first: String, _ claim: Claim, _ second: String,
        _ idle: [String: Repetitions]
    ) -> PublishedFinding {
        guard let ours = idle[first]?.values, let theirs = idle[second]?.values, !ours.isEmpty, !theirs.isEmpty else {
            return PublishedFinding(
                statement: statement, source: source, proposals: [first, second], differencePercent: nil,
                interval: nil, verdict: .notRun)
        }
        let differences = zip(ours, theirs).map { $0 - $1 }
        let interval = Bootstrap().interval95(of: differences)
        return PublishedFinding(
            statement: statement, source: source, proposals: [first, second],
            differencePercent: Repetitions(differences).median, interval: interval, verdict: verdict(claim, interval))
    }

    private static func verdict(_ claim: Claim, _ interval: Bootstrap.Interval) -> Verdict {
        switch claim {
        case .more: interval.low > 0 ? .agrees : interval.high < 0 ? .disagrees : .undecided
        case .noMore: interval.low > 0 ? .disagrees : .agrees
        }
    }
}
