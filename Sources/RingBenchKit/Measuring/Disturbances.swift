import CTokenRing
import Glibc

/// The time in which figures are measured, from when it is made to when it is ended.
struct MeasuringWindow {
    private let start = Snapshot()
    private var processes: ProcessDisturbances?
    private var places: CPUPlace.Visits?

    /// Counts what a fresh process suffered that measured a part; nil: this one measured it.
    mutating func add(_ process: ProcessDisturbances?) {
        guard let process else { return }
        processes = (processes ?? ProcessDisturbances()) + process
    }

    /// Counts where the CPUs lay during a part that this process measured.
    mutating func add(_ visits: CPUPlace.Visits) { places = CPUPlace.Visits.sum(places, visits) }

    /// What happened meanwhile.
    func end() -> Disturbances {
        let end = Snapshot()
        return Disturbances(
            seconds: seconds(to: end), process: processes ?? process(to: end, withCaller: true),
            machine: end.machine - start.machine,
            ownSeconds: end.ownSeconds - start.ownSeconds)
    }

    /// What happened to this process' threads but the calling one, which only started them and waited.
    func endOfWork() -> ProcessDisturbances { process(to: Snapshot(), withCaller: false) }

    private func seconds(to end: Snapshot) -> Double { max(1e-9, Double(end.nanoseconds - start.nanoseconds) / 1e9) }

    // Not the children's: what a process takes to begin and to end would hide what disturbed it.
    private func process(to end: Snapshot, withCaller: Bool) -> ProcessDisturbances {
        func count(_ key: KeyPath<rusage, Int>) -> Int {
            let all = end.usage[keyPath: key] - start.usage[keyPath: key]
            return withCaller ? all : all - (end.caller[keyPath: key] - start.caller[keyPath: key])
        }
        return ProcessDisturbances(
            seconds: seconds(to: end), voluntarySwitches: count(\.ru_nvcsw), involuntarySwitches: count(\.ru_nivcsw),
            minorFaults: count(\.ru_minflt), majorFaults: count(\.ru_majflt),
            migrations: start.migrations.flatMap { before in end.migrations.map { max(0, $0 - before) } },
            places: places)
    }
}

/// What disturbed the process that measured, or all of them, each for as long as it did.
struct ProcessDisturbances: Codable, Sendable {
    /// How long it measured.
    var seconds = 0.0
    /// How often a thread waited, and how often it was put off its CPU while it wanted to go on.
    var voluntarySwitches = 0
    var involuntarySwitches = 0
    /// Page faults: without reading a disk, and with.
    var minorFaults = 0
    var majorFaults = 0
    /// How often the kernel moved a thread, of those that live to the end; nil where it does not count that.
    var migrations: Int?
    /// Where its two CPUs lay; nil if nobody looked.
    var places: CPUPlace.Visits?

    static func + (one: Self, other: Self) -> Self {
        Self(
            seconds: one.seconds + other.seconds, voluntarySwitches: one.voluntarySwitches + other.voluntarySwitches,
            involuntarySwitches: one.involuntarySwitches + other.involuntarySwitches,
            minorFaults: one.minorFaults + other.minorFaults, majorFaults: one.majorFaults + other.majorFaults,
            migrations: other.migrations.map { $0 + (one.migrations ?? 0) },
            places: CPUPlace.Visits.sum(one.places, other.places))
    }
}

/// What disturbed a measurement, as far as the kernel counts it. Of a clean run on pinned threads and idle CPUs all is next to nothing.
struct Disturbances: Encodable, Sendable {
    /// From the first measured repetition to the last, with what lies between.
    let seconds: Double
    /// Of this process, or of those that measured.
    let process: ProcessDisturbances
    /// The part of the CPUs' time that the hypervisor gave to others.
    let stolenPart: Double
    /// The part of the CPUs' time that went into interrupts and softirqs. Where packets are received it is part of what is measured.
    let interruptPart: Double
    /// The part of the CPUs' time that other processes and the kernel's own threads took.
    let otherLoadPart: Double

    fileprivate init(seconds: Double, process: ProcessDisturbances, machine: Snapshot.Machine, ownSeconds: Double) {
        (self.seconds, self.process) = (seconds, process)
        let all = max(1, machine.total)
        stolenPart = machine.stolen / all
        interruptPart = machine.interrupts / all
        otherLoadPart = max(0, (machine.busy - ownSeconds) / all)
    }

    func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "window_s": seconds, "measured_s": process.seconds,
            "voluntary_context_switches": process.voluntarySwitches,
            "involuntary_context_switches": process.involuntarySwitches, "minor_page_faults": process.minorFaults,
            "major_page_faults": process.majorFaults, "migrations": process.migrations,
            "stolen_part_of_cpu_time": stolenPart, "interrupt_part_of_cpu_time": interruptPart,
            "other_load_part_of_cpu_time": otherLoadPart,
            "cache_line_round_trip_ns": (process.places?.roundTrips).map { [$0.lowerBound, $0.upperBound] },
            "repetitions_made_again": process.places?.madeAgain, "repetitions_elsewhere": process.places?.madeElsewhere,
        ])
    }

    /// One line for each that matters.
    var warnings: [String] {
        let perSecond = Double(process.involuntarySwitches) / max(1e-9, process.seconds)
        let checks: [(Bool, String)] = [
            (otherLoadPart > 0.05, "other load took \(otherLoadPart.percent) of the CPUs' time while measuring"),
            (
                stolenPart > 0.01,
                "the hypervisor gave \(stolenPart.percent) of the CPUs' time to others while measuring"
            ),
            // The kernel's own threads do it some fifty times a second, and 250 where threads begin and end all the time.
            (perSecond > 500, "threads were put off their CPUs \(perSecond.text(0)) times a second while measuring"),
            (process.majorFaults > 0, "\(process.majorFaults) page faults read a disk while measuring"),
        ]
        return checks.filter(\.0).map(\.1) + [elsewhere].compactMap(\.self)
    }

    private var elsewhere: String? {
        guard let places = process.places, places.madeElsewhere > 0 else { return nil }
        let trips = places.roundTrips
        return
            "in \(places.madeElsewhere) repetitions the CPUs did not stay in their usual place: a cache line took from \(trips.lowerBound.text(0)) to \(trips.upperBound.text(0)) ns there and back; a hypervisor moves them"
    }
}

/// The kernel's counters at one moment.
private struct Snapshot {
    let nanoseconds = ctr_monotonic_ns()
    let usage: rusage
    /// Of the calling thread.
    let caller: rusage
    /// Of children that have ended: sides of a measurement that are processes.
    let children: rusage
    let migrations: Int?
    let machine: Machine

    /// All CPUs together, in seconds since boot.
    struct Machine {
        var total = 0.0
        var busy = 0.0
        var interrupts = 0.0
        var stolen = 0.0

        static func - (one: Self, other: Self) -> Self {
            Self(
                total: one.total - other.total, busy: one.busy - other.busy,
                interrupts: one.interrupts - other.interrupts, stolen: one.stolen - other.stolen)
        }
    }

    init() {
        usage = Self.usage(of: RUSAGE_SELF)
        // RUSAGE_THREAD, which glibc shows to _GNU_SOURCE only.
        caller = Self.usage(of: __rusage_who(1))
        children = Self.usage(of: RUSAGE_CHILDREN)
        migrations = Self.migrations
        machine = Self.machine
    }

    /// What this process and its children used of the CPUs.
    var ownSeconds: Double {
        [usage, children].reduce(0) { $0 + Self.seconds($1.ru_utime) + Self.seconds($1.ru_stime) }
    }

    private static func usage(of whom: __rusage_who) -> rusage {
        var usage = rusage()
        getrusage(__rusage_who_t(whom.rawValue), &usage)
        return usage
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// `se.nr_migrations` of each thread, where the kernel has CONFIG_SCHED_DEBUG.
    private static var migrations: Int? {
        let counts = HostFile.names(in: "/proc/self/task").compactMap { task -> Int? in
            guard let text = HostFile.text("/proc/self/task/\(task)/sched"),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("se.nr_migrations") })
            else { return nil }
            return line.split(separator: ":").last.flatMap { Int($0.drop(while: \.isWhitespace)) }
        }
        return counts.isEmpty ? nil : counts.reduce(0, +)
    }

    /// The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; guests are within user and nice.
    private static var machine: Machine {
        let line = (HostFile.text("/proc/stat") ?? "").split(separator: "\n").first ?? ""
        let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
        guard ticks.count == 8 else { return Machine() }
        let perSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        let total = ticks.reduce(0, +)
        let interrupts = ticks[5] + ticks[6]
        return Machine(
            total: total / perSecond, busy: (total - ticks[3] - ticks[4] - interrupts - ticks[7]) / perSecond,
            interrupts: interrupts / perSecond, stolen: ticks[7] / perSecond)
    }
}
