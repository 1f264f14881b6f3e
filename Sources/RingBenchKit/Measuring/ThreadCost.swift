import CTokenRing
import TokenRing

/// What a thread took for a piece of work: all of it, waiting in a loop included.
struct ThreadCost: Codable, Sendable, BitwiseCopyable {
    /// CPU time, user and system.
    var cpuNanoseconds: Int64 = 0
    /// Instructions, of the kernel too where `EventCounter` may count them; nil where nothing counts them.
    var instructions: UInt64? = 0

    /// Adds another thread's.
    static func += (sum: inout ThreadCost, other: ThreadCost) {
        sum.cpuNanoseconds += other.cpuNanoseconds
        sum.instructions = sum.instructions.flatMap { one in other.instructions.map { one &+ $0 } }
    }
}

/// What a thread took for one of the things that it did, medians.
struct ThreadFigures: Sendable {
    let cpuNanoseconds: Double
    /// Nil where nothing counts them; why is in the environment's `instruction_counter`.
    let instructions: Double?

    init(_ costs: [ThreadCost], per things: UInt64) {
        cpuNanoseconds = Repetitions(costs.map { Double($0.cpuNanoseconds) / Double(things) }).median
        let counts = costs.compactMap(\.instructions).map { Double($0) / Double(things) }
        instructions = counts.count == costs.count ? Repetitions(counts).median : nil
    }
}

/// Takes the cost of a piece of work on the thread that makes it. Counters are read at its ends only.
struct ThreadMeter {
    private let counter: EventCounter?
    private var startNanoseconds: Int64 = 0
    private var startCount: UInt64?

    /// Opens the counter, if there is one.
    init(counting event: EventCounter.Event = .instructions) { counter = try? EventCounter(event) }

    /// The work begins.
    mutating func start() {
        startCount = counter?.count
        startNanoseconds = ctr_thread_cpu_ns()
    }

    /// The work has ended.
    func end() -> ThreadCost {
        let nanoseconds = ctr_thread_cpu_ns() - startNanoseconds
        let count = counter?.count
        return ThreadCost(
            cpuNanoseconds: nanoseconds,
            instructions: startCount.flatMap { before in count.map { $0 &- before } })
    }
}
