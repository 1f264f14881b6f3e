import CTokenRing
import Glibc

/// Where the two CPUs of a measurement lie to each other: nanoseconds in which one cache line goes to the other and back.
///
/// A hypervisor puts the CPUs of a virtual machine where it likes, and elsewhere when they were idle: on one core, behind one last-level
/// cache, behind two. All that the two sides share is several times faster or slower then, and the machine itself sees it only by measuring.
/// So a repetition waits until they lie where they mostly do, and is made again if at its end they no longer do. A bare counter decides, never
/// what is measured.
public struct CPUPlace: Codable, CustomStringConvertible, Sendable {
    private let cpus: RingConfiguration.CPUs
    /// Nanoseconds of the round trip.
    public let roundTrip: Double
    /// The part of the looks that found them there.
    public let share: Double

    /// Where they lay while something was measured.
    struct Visits: Codable, Sendable {
        /// Nanoseconds of the round trip, before and behind each repetition.
        var roundTrips: ClosedRange<Double>
        /// Repetitions that were thrown away because they had come to lie elsewhere meanwhile, and those that count although they had.
        var madeAgain: Int
        var madeElsewhere: Int
        /// Nanoseconds of the repetitions that count, and what it took besides to have them there.
        var worked: Int64
        var waited: Int64

        static func sum(_ one: Self?, _ other: Self?) -> Self? {
            guard let one, let other else { return one ?? other }
            let least = min(one.roundTrips.lowerBound, other.roundTrips.lowerBound)
            let most = max(one.roundTrips.upperBound, other.roundTrips.upperBound)
            return Self(
                roundTrips: least...most, madeAgain: one.madeAgain + other.madeAgain,
                madeElsewhere: one.madeElsewhere + other.madeElsewhere,
                worked: one.worked + other.worked, waited: one.waited + other.waited)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case cpus
        case roundTrip = "cache_line_round_trip_ns"
        case share = "part_of_looks"
    }

    /// For a terminal.
    public var description: String { "while a cache line goes there and back in some \(roundTrip.text(0)) ns" }

    /// Elsewhere is what differs by so many times: places do by more, looks at one place by less.
    private static let tolerance = 1.6
    /// The nearest place counts in which so many of the looks find them.
    private static let leastShare = 0.15
    /// Looks, and microseconds between them: some spells elsewhere last for seconds.
    private static let (looks, pause) = (300, UInt32(10_000))

    /// Which place it shall be.
    public enum Rule: Codable, Equatable, Sendable {
        /// Where they mostly lie.
        case usual
        /// Wherever they lie at the moment.
        case any
        /// Where a round trip takes so many nanoseconds.
        case roundTrip(Double)
    }

    /// The place for a measurement on two CPUs; looks for some seconds where they usually lie.
    ///
    /// - Returns: nil if anywhere will do, if the sides have no two CPUs of their own, or after Ctrl-C.
    public static func find(
        _ rule: Rule, _ first: Int?, _ second: Int?, _ progress: Progress
    ) throws(Failure) -> CPUPlace? {
        guard let first, let second, first != second else { return nil }
        let cpus = RingConfiguration.CPUs(first, second)
        switch rule {
        case .any: return nil
        case .roundTrip(let nanoseconds): return CPUPlace(cpus, roundTrips: [nanoseconds])
        case .usual: break
        }
        progress.step("looking where the CPUs lie")
        let probe = try Probe(cpus)
        var seen: [Double] = []
        while seen.count < looks, !Interrupt.isRequested {
            seen.append(try probe.look())
            usleep(pause)
        }
        return CPUPlace(cpus, roundTrips: seen)
    }

    /// Of round trips that were seen; nil of none.
    init?(_ cpus: RingConfiguration.CPUs, roundTrips: [Double]) {
        for nearest in roundTrips.sorted() {
            let there = roundTrips.filter { (nearest...nearest * Self.tolerance).contains($0) }
            let share = Double(there.count) / Double(roundTrips.count)
            guard share >= Self.leastShare else { continue }
            (self.cpus, self.share, roundTrip) = (cpus, share, Repetitions(there).median)
            return
        }
        return nil
    }

    /// Does `work` while they lie here, and says where they lay. After `patience` nanoseconds it does without.
    func measure<Value>(
        patience: Int64, _ work: () throws(Failure) -> Value
    ) throws(Failure) -> (Value, Visits) {
        let probe = try Probe(cpus)
        let begin = ctr_monotonic_ns()
        let end = begin + patience
        var again = 0
        while true {
            let before = try wait(until: end, probe)
            let start = ctr_monotonic_ns()
            let value = try work()
            let worked = ctr_monotonic_ns() - start
            let after = try probe.look()
            if isElsewhere(after), ctr_monotonic_ns() < end, !Interrupt.isRequested {
                again += 1
                continue
            }
            let visits = Visits(
                roundTrips: min(before, after)...max(before, after), madeAgain: again,
                madeElsewhere: isElsewhere(before) || isElsewhere(after) ? 1 : 0,
                worked: worked, waited: ctr_monotonic_ns() - begin - worked)
            return (value, visits)
        }
    }

    /// Whether a round trip of so many nanoseconds is one of another place.
    func isElsewhere(_ roundTrip: Double) -> Bool {
        max(roundTrip, self.roundTrip) > Self.tolerance * min(roundTrip, self.roundTrip)
    }

    /// Looks until they lie here, or until `end`; the last look.
    private func wait(until end: Int64, _ probe: Probe) throws(Failure) -> Double {
        while true {
            let now = try probe.look()
            guard isElsewhere(now), ctr_monotonic_ns() < end, !Interrupt.isRequested else { return now }
            usleep(Self.pause / 2)
        }
    }

    /// Measures the round trip.
    private struct Probe {
        private let measurement: RingMeasurement
        private let arena: RingArena

        init(_ cpus: RingConfiguration.CPUs) throws(Failure) {
            measurement = RingMeasurement(cpus: cpus, patience: 1 << 24, fault: nil)
            do {
                arena = try RingArena(capacity: 2, entryBytes: 16, for: [])
            } catch {
                throw Failure(error)
            }
        }

        /// The shortest of a few, some milliseconds at most in all.
        func look() throws(Failure) -> Double {
            var least = Double.infinity
            for _ in 0..<5 { least = min(least, try measurement.cacheLine(lines: 1, arena, count: 1000)) }
            return least
        }
    }
}
