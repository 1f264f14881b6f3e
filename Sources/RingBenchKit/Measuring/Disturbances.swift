import CTokenRing
import Glibc

/// The time in which figures are measured, from when it is made to when it is ended.
struct MeasuringWindow {
    private let start = Snapshot()

    /// What happened meanwhile.
    func end() -> Disturbances { Disturbances(from: start, to: Snapshot()) }
}

/// What disturbed a measurement, as far as the kernel counts it. Of a clean run on pinned threads and idle CPUs all is next to nothing.
struct Disturbances: Encodable, Sendable {
    /// How long it took.
    let seconds: Double
    /// How often a thread of this process waited, and how often it was put off its CPU while it wanted to go on.
    let voluntarySwitches: Int
    let involuntarySwitches: Int
    /// Page faults of this process: without reading a disk, and with.
    let minorFaults: Int
    let majorFaults: Int
    /// How often the kernel moved a thread of this process, of those that live to the end; nil where it does not count that.
    let migrations: Int?
    /// The part of the CPUs' time that the hypervisor gave to others.
    let stolenPart: Double
    /// The part of the CPUs' time that went into interrupts and softirqs. Where packets are received it is part of what is measured.
    let interruptPart: Double
    /// The part of the CPUs' time that other processes and the kernel's own threads took.
    let otherLoadPart: Double

    private enum CodingKeys: String, CodingKey {
        case migrations
        case seconds = "window_s"
        case voluntarySwitches = "voluntary_context_switches"
        case involuntarySwitches = "involuntary_context_switches"
        case minorFaults = "minor_page_faults"
        case majorFaults = "major_page_faults"
        case stolenPart = "stolen_part_of_cpu_time"
        case interruptPart = "interrupt_part_of_cpu_time"
        case otherLoadPart = "other_load_part_of_cpu_time"
    }

    fileprivate init(from start: Snapshot, to end: Snapshot) {
        seconds = max(1e-9, Double(end.nanoseconds - start.nanoseconds) / 1e9)
        // Not the children's: what a process takes to begin and to end would hide what disturbed it.
        voluntarySwitches = end.usage.ru_nvcsw - start.usage.ru_nvcsw
        involuntarySwitches = end.usage.ru_nivcsw - start.usage.ru_nivcsw
        minorFaults = end.usage.ru_minflt - start.usage.ru_minflt
        majorFaults = end.usage.ru_majflt - start.usage.ru_majflt
        if let before = start.migrations, let after = end.migrations {
            migrations = max(0, after - before)
        } else {
            migrations = nil
        }
        let all = max(1, end.machine.total - start.machine.total)
        stolenPart = (end.machine.stolen - start.machine.stolen) / all
        interruptPart = (end.machine.interrupts - start.machine.interrupts) / all
        let own = end.ownSeconds - start.ownSeconds
        otherLoadPart = max(0, (end.machine.busy - start.machine.busy - own) / all)
    }

    /// One line for each that matters.
    var warnings: [String] {
        let perSecond = Double(involuntarySwitches) / seconds
        let checks: [(Bool, String)] = [
            (otherLoadPart > 0.05, "other load took \(otherLoadPart.percent) of the CPUs' time while measuring"),
            (
                stolenPart > 0.01,
                "the hypervisor gave \(stolenPart.percent) of the CPUs' time to others while measuring"
            ),
            // The scheduler's tick alone puts nobody off.
            (perSecond > 20, "threads were put off their CPUs \(perSecond.text(0)) times a second while measuring"),
            (majorFaults > 0, "\(majorFaults) page faults read a disk while measuring"),
        ]
        return checks.filter(\.0).map(\.1)
    }
}

/// The kernel's counters at one moment.
private struct Snapshot {
    let nanoseconds = ctr_monotonic_ns()
    let usage: rusage
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
    }

    init() {
        usage = Self.usage(of: RUSAGE_SELF)
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
