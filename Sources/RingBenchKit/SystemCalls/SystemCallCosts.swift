import CTokenRing
import TokenRing

/// What the calls of the token proposals cost on this kernel, measured now.
///
/// Every value comes from a loop of calls between two readings of CLOCK_MONOTONIC on one pinned CPU. A repetition opens
/// its sockets and rings afresh and runs `rounds` rounds; in a round each figure gets its turn, forwards and backwards
/// in alternation. The repetition's value is the median of its rounds, and derived costs are computed round by round first,
/// so that the machine's pace cancels in differences and the rest shows as spread.
///
/// A call that this kernel refuses is listed with the errno and a reason, and what derives from it is nil.
public struct SystemCallCosts: Encodable, Sendable {
    /// Every figure, the unavailable ones included.
    public let calls: [CallCost]
    /// The CPU that it ran on.
    public let cpu: Int
    /// Repetitions that were completed.
    public let repetitions: Int
    /// Rounds in each repetition.
    public let rounds: Int
    /// What two readings of the clock cost, in nanoseconds; taken off every round.
    public let clockOverheadNs: Int64
    /// Whether Ctrl-C ended it early.
    public let interrupted: Bool

    /// Measures all calls: some 2 s with 15 repetitions. Pins the calling thread and puts its CPUs back.
    ///
    /// - Parameters:
    ///   - repetitions: at least 1.
    ///   - cpu: the CPU to run on; by default the last one that this thread may use, which least often serves interrupts.
    ///   - progress: told once per repetition.
    /// - Throws: `Failure`: `usage` for no repetitions or a CPU that cannot be had, `interrupted` before the first one.
    public static func measure(
        repetitions: Int = 15, cpu: Int? = nil, progress: Progress = Progress(quiet: true)
    ) throws(Failure) -> SystemCallCosts {
        guard repetitions > 0 else {
            throw Failure(.usage, "system calls need at least 1 repetition, not \(repetitions)")
        }
        let allowed = (0..<1024).filter { ctr_cpu_allowed(CInt($0)) == 1 }
        let chosen: Int = cpu ?? allowed.last ?? 0
        var timer = CallTimer(
            [
                FloorCalls.self, DontneedCalls.self, DontneedRangeCalls.self, ReceiveCalls.self, PeekCalls.self,
                IoctlCalls.self, NetlinkCalls.self, UringCalls.self,
            ], rounds: 24)
        let completed = try pinned(to: chosen) { () throws(Failure) in
            for repetition in 0..<repetitions {
                if Interrupt.isRequested { return repetition }
                progress.step("system calls: repetition \(repetition + 1) of \(repetitions)")
                timer.repetition()
            }
            return repetitions
        }
        guard completed > 0 else { throw Failure(.interrupted, "interrupted before the first repetition ended") }
        return SystemCallCosts(
            calls: timer.costs, cpu: chosen, repetitions: completed, rounds: timer.rounds,
            clockOverheadNs: timer.clockOverheadNs, interrupted: completed < repetitions)
    }

    /// The figure called `name`, available or not; nil if there is none of that name.
    public func call(_ name: String) -> CallCost? { calls.first { $0.name == name } }

    /// Runs `body` with the calling thread on one CPU, and lets the thread back on its CPUs.
    private static func pinned(
        to cpu: Int, _ body: () throws(Failure) -> Int
    ) throws(Failure) -> Int {
        var before = [UInt64](repeating: 0, count: Int(CTR_AFFINITY_WORDS))
        do {
            try SystemCallError.check(ctr_affinity_read(&before), "sched_getaffinity")
        } catch { throw Failure(error) }
        guard ctr_pin_thread(CInt(clamping: cpu)) == 0 else {
            throw Failure(
                .usage, "CPU \(cpu) cannot be used by this process: choose one of those that `ringbench probe` lists")
        }
        defer { _ = ctr_affinity_write(before) }
        return try body()
    }

    /// Snake-case keys with units.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "calls": calls, "cpu": cpu, "repetitions": repetitions, "rounds": rounds,
            "clock_overhead_ns": clockOverheadNs, "interrupted": interrupted, "derived": derived,
        ])
    }
}
