import CRingBaselines
import CTokenRing
import Synchronization
import TokenRing

/// One repetition of one figure: two pinned threads that start together, their time, and the check of what arrived.
struct RingMeasurement: Sendable {
    let cpus: RingConfiguration.CPUs
    let patience: UInt64
    let fault: RingFault?
    /// The program that runs the consuming side in a process of its own; nil keeps it in this one.
    var otherProgram: String?
    /// Where that one finds rings of other projects.
    var peerFolder: String?

    /// Moves `entries` entries through ring 0: from the start of the first write to the end of the last release.
    func transfer(
        _ contender: RingContender, _ region: RingArena, batch: UInt32, entries: UInt64
    ) throws(Failure) -> RingTransfer {
        let name = "\(contender.implementation.rawValue), batch \(batch), \(region.entryBytes) bytes"
        let run = run(entries: entries, batch: batch)
        let pieces = faulty(run, entryBytes: region.entryBytes)
        region.clear()
        contender.prepare(region)
        let (produced, consumed) = try together(
            contender, region, run, answers: false
        ) { () throws(LayoutError) -> UInt64 in
            var done: UInt64 = 0
            for piece in pieces { done += try contender.produce(region, piece) }
            return done
        }
        try check(consumed.value, of: run, name)
        guard produced.value == run.entries else {
            throw Failure(
                .invariantBroken, "\(name): the producer stopped after \(produced.value) of \(entries) entries")
        }
        return RingTransfer(
            nanosecondsPerEntry: Double(consumed.end - produced.start) / Double(run.entries),
            producer: produced.thread, consumer: consumed.thread)
    }

    /// Nanoseconds per round trip of a 16-byte entry through ring 0 and back through ring 1.
    func roundTrip(_ contender: RingContender, _ region: RingArena, count: UInt64) throws(Failure) -> Double {
        try roundTrip(contender, region, run(entries: count, batch: 1))
    }

    /// The time of each of as many round trips, in ticks; the reading of the counter is in it.
    func roundTripTimes(_ contender: RingContender, _ region: RingArena, count: Int) throws(Failure) -> [UInt64] {
        let ticks = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: count)
        defer { ticks.deallocate() }
        ticks.initialize(repeating: 0)
        var run = run(entries: UInt64(count), batch: 1)
        run.ticks = ticks.baseAddress
        _ = try roundTrip(contender, region, run)
        return zip(ticks.dropFirst(), ticks).map { $0 &- $1 }
    }

    private func roundTrip(
        _ contender: RingContender, _ region: RingArena, _ run: crb_run
    ) throws(Failure) -> Double {
        let name = "\(contender.implementation.rawValue), round trip"
        let pieces = faulty(run, entryBytes: region.entryBytes)
        region.clear()
        contender.prepare(region)
        let (asked, answered) = try together(
            contender, region, run, answers: true
        ) { () throws(LayoutError) -> crb_seen in
            var all = crb_seen.nothing
            for piece in pieces {
                let seen = try contender.ask(region, piece)
                if seen.wrong != .max, all.wrong == .max { all.wrong = all.entries + seen.wrong }
                all.entries += seen.entries
            }
            return all
        }
        try check(answered.value, of: run, name)
        try check(asked.value, of: run, name)
        return Double(asked.end - asked.start) / Double(run.entries)
    }

    /// Nanoseconds per round trip of a bare counter, over one cache line or over two.
    func cacheLine(lines: Int, _ region: RingArena, count: UInt64) throws(Failure) -> Double {
        region.clear()
        let (asked, _) = try together(
            { () throws(LayoutError) -> UInt64 in
                crb_cache_line_ask(region.word(0), region.word(lines - 1), count, patience)
            },
            { () throws(LayoutError) -> UInt64 in
                crb_cache_line_answer(region.word(0), region.word(lines - 1), count, patience)
            })
        guard asked.value == count else {
            throw Failure(.invariantBroken, "cache line: stopped after \(asked.value) of \(count) round trips")
        }
        return Double(asked.end - asked.start) / Double(count)
    }

    /// Words of an entry that are not small, not equal, and not each other's neighbours.
    private func run(entries: UInt64, batch: UInt32) -> crb_run {
        crb_run(
            entries: entries, batch: batch, first: 0x0123_4567_89ab_cdef, second: 0xf0e1_d2c3_b4a5_9687,
            patience: patience, ticks: nil)
    }

    /// The producer's run, cut where the fault wants something else to be written.
    private func faulty(_ run: crb_run, entryBytes: UInt32) -> [crb_run] {
        func piece(_ entries: UInt64, from number: UInt64, wrong: UInt64 = 0) -> crb_run {
            crb_run(
                entries: entries, batch: 1, first: (run.first &+ number) ^ (entryBytes == 8 ? wrong : 0),
                second: (run.second &+ number) ^ wrong, patience: run.patience, ticks: run.ticks)
        }
        switch fault {
        case .corruptEntry(let number) where number < run.entries:
            let rest = piece(run.entries - number - 1, from: number + 1)
            return [piece(number, from: 0), piece(1, from: number, wrong: 1 << 40), rest]
        case .loseEntry(let number) where number < run.entries:
            return [piece(number, from: 0), piece(run.entries - number - 1, from: number + 1)]
        default:
            return [run]
        }
    }

    private func check(_ seen: crb_seen, of run: crb_run, _ name: String) throws(Failure) {
        if seen.wrong != .max {
            throw Failure(
                .invariantBroken,
                "\(name): an entry of the batch from number \(seen.wrong) on does not hold what was submitted; no number is valid"
            )
        }
        guard seen.entries == run.entries else {
            throw Failure(
                .invariantBroken,
                "\(name): \(seen.entries) of \(run.entries) entries arrived and no more came; no number is valid")
        }
    }

    /// Runs `first` and the contender's consuming side, in this process or in one of its own.
    private func together<First: Sendable>(
        _ contender: RingContender, _ region: RingArena, _ run: crb_run, answers: Bool,
        _ first: @escaping @Sendable () throws(LayoutError) -> First
    ) throws(Failure) -> (Timed<First>, Timed<crb_seen>) {
        guard let otherProgram else {
            return try together(first) { () throws(LayoutError) -> crb_seen in
                try answers ? contender.answer(region, run) : contender.consume(region, run)
            }
        }
        let assignment = RingSide.Assignment(
            implementation: contender.implementation, answers: answers, capacity: region.capacity,
            entryBytes: region.entryBytes, batch: run.batch, entries: run.entries, first: run.first,
            second: run.second, patience: patience, cpu: cpus.consumer, peerFolder: peerFolder)
        return try RingSide.run(assignment, program: otherProgram, on: region, cpu: cpus.producer, first)
    }

    /// Runs both sides, each on its CPU, from one start.
    private func together<First: Sendable, Second: Sendable>(
        _ first: @escaping @Sendable () throws(LayoutError) -> First,
        _ second: @escaping @Sendable () throws(LayoutError) -> Second
    ) throws(Failure) -> (Timed<First>, Timed<Second>) {
        let gate = StartGate()
        let left: PinnedThread<Swift.Result<Timed<First>, LayoutError>>
        let right: PinnedThread<Swift.Result<Timed<Second>, LayoutError>>
        do throws(SystemCallError) {
            left = try PinnedThread(cpu: cpus.producer) { Timed.of(gate, first) }
            do throws(SystemCallError) {
                right = try PinnedThread(cpu: cpus.consumer) { Timed.of(gate, second) }
            } catch {
                gate.open()
                _ = left.join()
                throw error
            }
        } catch {
            throw Failure(error)
        }
        let (one, other) = (left.join(), right.join())
        do {
            return (try one.get(), try other.get())
        } catch {
            throw Failure(.usage, "\(error)")
        }
    }
}

/// What moving entries through a ring took.
struct RingTransfer: Codable, Sendable {
    let nanosecondsPerEntry: Double
    /// What each side's thread took, waiting for the other included.
    let producer: ThreadCost
    let consumer: ThreadCost
}

/// A side's result, what its thread took, and when it started and ended, in nanoseconds of the monotonic clock.
struct Timed<Value: Sendable>: Sendable {
    let start: Int64
    let end: Int64
    let thread: ThreadCost
    let value: Value

    static func of(
        _ gate: StartGate, _ body: () throws(LayoutError) -> Value
    ) -> Swift.Result<Timed<Value>, LayoutError> {
        var meter = ThreadMeter()
        gate.arrive()
        meter.start()
        let start = ctr_monotonic_ns()
        do {
            let value = try body()
            let end = ctr_monotonic_ns()
            return .success(Timed(start: start, end: end, thread: meter.end(), value: value))
        } catch {
            return .failure(error)
        }
    }
}

extension Timed: BitwiseCopyable where Value: BitwiseCopyable {}

/// Holds two threads until both are there.
final class StartGate: Sendable {
    private let missing: Atomic<Int>

    /// For two; or for one that need not wait.
    init(alone: Bool = false) { missing = Atomic(alone ? 1 : 2) }

    /// Waits, without sleeping, for the other one.
    func arrive() {
        missing.subtract(1, ordering: .acquiringAndReleasing)
        while missing.load(ordering: .acquiring) > 0 { ctr_pause() }
    }

    /// Lets through whoever waits: the other one will not come.
    func open() { missing.store(0, ordering: .releasing) }
}

/// `ticks` is the asking side's alone.
extension crb_run: @retroactive @unchecked Sendable {}
