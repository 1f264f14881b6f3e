import CRingBaselines
import CTokenRing
import TokenRing

// The measured loops over the shipped rings, whichever way their memory publishes: the same work, pacing and record as in CRingBaselines. Each is a function
// of its own that is never inlined, so that scripts/check-hot-path.sh finds it by name and can say what it calls.

/// Submits `run.entries` entries in whole batches.
///
/// - Returns: how many; fewer if the ring stayed full.
@inline(never)
func tokenRingProduceLoop<Memory: RingMemory>(
    _ ring: inout ProducerRing<Memory>, _ run: crb_run
) -> UInt64 where Memory.Entry: RingEntry {
    var done: UInt64 = 0
    var looks: UInt64 = 0
    while done != run.entries {
        let batch = ring.reserve(run.batch)
        if batch.isEmpty {
            guard lookAgain(&looks, run.patience) else { break }
            continue
        }
        looks = 0
        let (first, second) = (run.first &+ done, run.second &+ done)
        ring.write(batch) { Memory.Entry(first &+ UInt64($0), second &+ UInt64($0)) }
        ring.submit(batch.count)
        done &+= UInt64(batch.count)
    }
    return done
}

/// Takes `run.entries` entries and compares every word.
@inline(never)
func tokenRingConsumeLoop<Memory: RingMemory>(
    _ ring: inout ConsumerRing<Memory>, _ run: crb_run
) -> crb_seen where Memory.Entry: RingEntry {
    var seen = crb_seen.nothing
    var looks: UInt64 = 0
    while seen.entries != run.entries {
        var (first, second) = (run.first &+ seen.entries, run.second &+ seen.entries)
        var difference: UInt64 = 0
        let count = ring.consume(upTo: run.batch) { entry in
            difference |= entry.difference(first, second)
            first &+= 1
            second &+= 1
        }
        if count == 0 {
            guard lookAgain(&looks, run.patience) else { break }
            continue
        }
        looks = 0
        seen.record(count, difference: difference)
    }
    return seen
}

/// Sends one entry, waits for it to come back, and so on.
@inline(never)
func tokenRingAskLoop<Memory: RingMemory>(
    _ requests: inout ProducerRing<Memory>, _ replies: inout ConsumerRing<Memory>, _ run: crb_run
) -> crb_seen where Memory.Entry: RingEntry {
    var seen = crb_seen.nothing
    while seen.entries != run.entries {
        let (first, second) = (run.first &+ seen.entries, run.second &+ seen.entries)
        guard let slot = reserveOne(&requests, run.patience) else { break }
        requests.write(Memory.Entry(first, second), at: slot)
        requests.submit(1)
        guard let index = peekOne(&replies, run.patience) else { break }
        if let ticks = run.ticks { ticks[Int(truncatingIfNeeded: seen.entries)] = ctr_ticks() }
        seen.record(1, difference: replies.read(at: index).difference(first, second))
        replies.release(1)
    }
    return seen
}

/// Sends every entry back as it came.
@inline(never)
func tokenRingAnswerLoop<Memory: RingMemory>(
    _ requests: inout ConsumerRing<Memory>, _ replies: inout ProducerRing<Memory>, _ run: crb_run
) -> crb_seen where Memory.Entry: RingEntry {
    var seen = crb_seen.nothing
    while seen.entries != run.entries {
        guard let index = peekOne(&requests, run.patience) else { break }
        let entry = requests.read(at: index)
        guard let slot = reserveOne(&replies, run.patience) else { break }
        replies.write(entry, at: slot)
        replies.submit(1)
        seen.record(1, difference: entry.difference(run.first &+ seen.entries, run.second &+ seen.entries))
        requests.release(1)
    }
    return seen
}

@inline(__always)
private func peekOne<Memory: RingMemory>(_ ring: inout ConsumerRing<Memory>, _ patience: UInt64) -> RingIndex? {
    var looks: UInt64 = 0
    while true {
        let batch = ring.peek(upTo: 1)
        if !batch.isEmpty { return batch.first }
        guard lookAgain(&looks, patience) else { return nil }
    }
}

@inline(__always)
private func reserveOne<Memory: RingMemory>(_ ring: inout ProducerRing<Memory>, _ patience: UInt64) -> RingIndex? {
    var looks: UInt64 = 0
    while true {
        let batch = ring.reserve(1)
        if !batch.isEmpty { return batch.first }
        guard lookAgain(&looks, patience) else { return nil }
    }
}

/// The pacing of every implementation: one pause after each fruitless look. False when the patience has run out.
@inline(__always)
private func lookAgain(_ looks: inout UInt64, _ patience: UInt64) -> Bool {
    ctr_pause()
    looks &+= 1
    return looks < patience
}
