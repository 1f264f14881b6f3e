import CRingBaselines
import CTokenRing
import Synchronization
import TokenRing

/// One repetition of one figure: two pinned threads that start together, their time, and the check of what arrived.
struct RingMeasurement: Sendable {
    let cpus: (producer: Int, consumer: Int)
    let patience: UInt64
    let fault: RingFault?

    /// Nanoseconds per entry of moving `entries` entries through ring 0, from the start of the first write to the end
    /// of the last release.
    func transfer(_ contender: RingContender, _ region: RingRegion, batch: UInt32, entries: UInt64) throws(Failure)
        -> Double
    {
        let name = "\(contender.implementation.rawValue), batch \(batch), \(region.entryBytes) bytes"
        let run = run(entries: entries, batch: batch)
        let pieces = faulty(run, entryBytes: region.entryBytes)
        region.clear()
        let (produced, consumed) = try together(
            { () throws(LayoutError) -> UInt64 in
                var done: UInt64 = 0
                for piece in pieces { done += try contender.produce(region, piece) }
                return done
            },
            { () throws(LayoutError) -> crb_seen in try contender.consume(region, run) })
        try check(consumed.value, of: run, name)
        guard produced.value == run.entries else {
            throw Failure(
                .invariantBroken, "\(name): the producer stopped after \(produced.value) of \(entries) entries")
        }
        return Double(consumed.end - produced.start) / Double(run.entries)
    }

    /// Nanoseconds per round trip of a 16-byte entry through ring 0 and back through ring 1.
    func roundTrip(_ contender: RingContender, _ region: RingRegion, count: UInt64) throws(Failure) -> Double {
        let name = "\(contender.implementation.rawValue), round trip"
        let run = run(entries: count, batch: 1)
        let pieces = faulty(run, entryBytes: region.entryBytes)
        region.clear()
        let (asked, answered) = try together(
            { () throws(LayoutError) -> crb_seen in
                var all = crb_seen.nothing
                for piece in pieces {
                    let seen = try contender.ask(region, piece)
                    if seen.wrong != .max, all.wrong == .max { all.wrong = all.entries + seen.wrong }
                    all.entries += seen.entries
                }
                return all
            },
            { () throws(LayoutError) -> crb_seen in try contender.answer(region, run) })
        try check(answered.value, of: run, name)
        try check(asked.value, of: run, name)
        return Double(asked.end - asked.start) / Double(count)
    }

    /// Nanoseconds per round trip of a bare counter, over one cache line or over two.
    func cacheLine(lines: Int, _ region: RingRegion, count: UInt64) throws(Failure) -> Double {
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
            patience: patience)
    }

    /// The producer's run, cut where the fault wants something else to be written.
    private func faulty(_ run: crb_run, entryBytes: UInt32) -> [crb_run] {
        func piece(_ entries: UInt64, from number: UInt64, wrong: UInt64 = 0) -> crb_run {
            crb_run(
                entries: entries, batch: 1, first: (run.first &+ number) ^ (entryBytes == 8 ? wrong : 0),
                second: (run.second &+ number) ^ wrong, patience: run.patience)
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

/// A side's result and when it started and ended, in nanoseconds of the monotonic clock.
struct Timed<Value: Sendable>: Sendable {
    let start: Int64
    let end: Int64
    let value: Value

    static func of(
        _ gate: StartGate, _ body: () throws(LayoutError) -> Value
    ) -> Swift.Result<Timed<Value>, LayoutError> {
        gate.arrive()
        let start = ctr_monotonic_ns()
        do {
            let value = try body()
            return .success(Timed(start: start, end: ctr_monotonic_ns(), value: value))
        } catch {
            return .failure(error)
        }
    }
}

/// Holds two threads until both are there.
final class StartGate: Sendable {
    private let missing = Atomic<Int>(2)

    /// Waits, without sleeping, for the other one.
    func arrive() {
        missing.subtract(1, ordering: .acquiringAndReleasing)
        while missing.load(ordering: .acquiring) > 0 { ctr_pause() }
    }

    /// Lets through whoever waits: the other one will not come.
    func open() { missing.store(0, ordering: .releasing) }
}
