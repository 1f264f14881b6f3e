import CTokenRing
import SystemPackage
import TokenRing

/// What crossing into this kernel costs, by the calls that the proposals would make. Measured in each run.
public struct SystemCallCosts: Encodable, Sendable {
    /// Every call, in the order of the table.
    public let calls: [CallCost]
    /// `setsockopt(SO_DEVMEM_DONTNEED)` extrapolated to no token: least squares over 1, 16, 64 and 128 tokens, nanoseconds.
    public let dontNeedCrossing: Repetitions
    /// What each token adds to it: copied, and looked up in vain; nanoseconds.
    public let dontNeedPerToken: Repetitions
    /// What one control message of 40 bytes adds to recvmsg, nanoseconds.
    ///
    /// TCP cannot be made to send one of just that size without a dmabuf. TCP_INQ and SCM_TIMESTAMPNS together are two
    /// messages in 56 bytes of control space; half of what they add is taken.
    public let controlMessage: Repetitions
    /// `recvmsg` of a little data with no control message, nanoseconds.
    public let recvmsg: Repetitions

    enum CodingKeys: String, CodingKey {
        case calls
        case dontNeedCrossing = "repetitions_dontneed_crossing_ns"
        case dontNeedPerToken = "repetitions_dontneed_ns_per_token"
        case controlMessage = "repetitions_control_message_ns"
        case recvmsg = "repetitions_recvmsg_ns"
    }

    /// Measures every call, `repetitions` times in turn, on the calling thread.
    ///
    /// - Throws: `Failure` when loopback TCP cannot be had, or Ctrl-C came.
    public static func measure(repetitions: Int = 21, progress: Progress) throws(Failure) -> SystemCallCosts {
        let timed: TimedCalls
        do throws(SystemCallError) {
            timed = try TimedCalls()
        } catch {
            throw Failure(error)
        }
        let calls = timed.all
        var values = calls.map { _ in [Double]() }
        var refusals: [Int: Int64] = [:]
        for repetition in 0..<repetitions {
            progress.step("system calls: repetition \(repetition + 1) of \(repetitions)")
            for (index, call) in calls.enumerated() where refusals[index] == nil {
                if Interrupt.isRequested { throw Failure(.interrupted, "interrupted before anything was measured") }
                let nanoseconds = call.run(call.calls)
                if nanoseconds < 0 {
                    refusals[index] = nanoseconds
                } else {
                    values[index].append(Double(nanoseconds) / Double(call.calls))
                }
            }
        }
        let clock = clockReading(repetitions)
        return try SystemCallCosts(
            calls: calls.indices.map { index in
                // The receiving calls are timed one by one: take the reading of the clock out again.
                let isSingle = calls[index].name.hasPrefix("recvmsg")
                return CallCost(
                    name: calls[index].name,
                    nsPerCall: Repetitions(values[index].map { isSingle ? $0 - clock.median : $0 }),
                    contains: calls[index].contains,
                    unavailable: refusals[index].map { "\(Errno(rawValue: CInt(-$0))) (errno \(-$0))" })
            })
    }

    private init(calls: [CallCost]) throws(Failure) {
        self.calls = calls
        func values(_ name: String) throws(Failure) -> [Double] {
            guard let call = calls.first(where: { $0.name == name }), call.unavailable == nil else {
                let reason = calls.first { $0.name == name }?.unavailable ?? "not measured"
                throw Failure(
                    .unavailable, "\(name): \(reason); the proposals that use it cannot be compared on this kernel")
            }
            return call.nsPerCall.values
        }
        let byTokens = try TimedCalls.tokenCounts.map { (tokens) throws(Failure) in
            try values(TimedCalls.dontNeedName(tokens))
        }
        let lines = byTokens[0].indices.map { repetition in
            Self.leastSquares(TimedCalls.tokenCounts.map(Double.init), byTokens.map { $0[repetition] })
        }
        dontNeedCrossing = Repetitions(lines.map(\.intercept))
        dontNeedPerToken = Repetitions(lines.map(\.slope))
        let small = TimedCalls.smallBytes
        let none = try values(TimedCalls.recvmsgName(small, TimedCalls.controlSets[0].name))
        let both = try values(TimedCalls.recvmsgName(small, TimedCalls.controlSets[3].name))
        recvmsg = Repetitions(none)
        controlMessage = Repetitions(zip(both, none).map { ($0 - $1) / 2 })
    }

    /// The line through the points with the least squared distance.
    static func leastSquares(_ x: [Double], _ y: [Double]) -> (intercept: Double, slope: Double) {
        let count = Double(x.count)
        let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
        let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
        let slope = covariance / x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
        return (meanY - slope * meanX, slope)
    }

    /// Nanoseconds between two readings of the clock.
    private static func clockReading(_ repetitions: Int) -> Repetitions {
        Repetitions(
            (0..<repetitions * 100).map { _ in
                let start = ctr_monotonic_ns()
                return Double(ctr_monotonic_ns() - start)
            })
    }

    /// What the comparison of proposals needs.
    public var crossingCosts: CrossingCosts {
        CrossingCosts(recvmsg: recvmsg, controlMessage: controlMessage, dontNeed: dontNeedCrossing)
    }

    /// The table that a terminal shows.
    public var text: String {
        var table = TextTable(["system call, this kernel", "ns per call", "+-"])
        func add(_ name: String, _ cost: Repetitions) {
            table.add([name, "\(cost.median.text(0)) k", cost.spread.percent])
        }
        for call in calls {
            if let unavailable = call.unavailable {
                table.add([call.name, unavailable, ""])
            } else {
                add(call.name, call.nsPerCall)
            }
        }
        add("  SO_DEVMEM_DONTNEED extrapolated to no token", dontNeedCrossing)
        add("  each token of it", dontNeedPerToken)
        add("  one control message", controlMessage)
        return table.text
    }
}
