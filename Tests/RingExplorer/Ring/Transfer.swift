import TokenRing

/// Entries go through the ring: whole, in order, none lost, none twice. Neither side waits: it tries so many times.
struct Transfer: RingUse {
    var batch: UInt32 = 1
    var submissions = 2
    var looks = 2

    func run<Memory: RingMemory>(_ ends: RingEnds<Memory>) -> Program.Run where Memory.Entry: SequencedEntry {
        let machine = ends.machine
        let stream = Stream()
        return Program.Run(
            [
                Program.Thread("producer") {
                    var ring = ProducerRing(memory: ends.producerMemory())
                    for _ in 0..<submissions {
                        let slots = ring.reserve(upTo: batch)
                        if slots.isEmpty { continue }
                        let first = stream.sent
                        ring.write(slots) { Memory.Entry(sequence: first &+ $0) }
                        stream.sent += slots.count
                        ring.submit(slots.count)
                    }
                    machine.require(ring.statistics.indexViolations == 0, "the producer takes the consumer for a liar")
                },
                Program.Thread("consumer") {
                    var ring = ConsumerRing(memory: ends.consumerMemory())
                    for _ in 0..<looks {
                        _ = ring.consume(upTo: batch) { stream.take($0, machine) }
                    }
                    machine.require(ring.statistics.indexViolations == 0, "the consumer takes the producer for a liar")
                },
            ],
            finally: {
                let left = ends.used
                machine.require(
                    stream.sent == stream.taken &+ left,
                    "\(stream.sent) entries were submitted, \(stream.taken) taken and \(left) are left")
            })
    }
}

/// What was sent and what has arrived.
final class Stream {
    var sent: UInt32 = 0
    var taken: UInt32 = 0

    func take(_ entry: some SequencedEntry, _ machine: Machine) {
        guard !machine.isDraining else { return }
        let wanted = taken
        machine.require(entry.carries(sequence: wanted), "entry \(wanted) is not what was sent: \(entry)")
        taken += 1
    }
}
