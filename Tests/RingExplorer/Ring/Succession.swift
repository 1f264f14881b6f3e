import TokenRing

/// A producer is killed before any of its operations, and a successor takes its role up where it stood: what was published
/// stays, what was not never shows.
struct ProducerSuccession: RingUse {
    private static let ofSuccessor: UInt32 = 100

    func run<Memory: RingMemory>(_ ends: RingEnds<Memory>) -> Program.Run where Memory.Entry: SequencedEntry {
        let machine = ends.machine
        let stream = Stream()
        return Program.Run(
            [
                Program.Thread("producer", mayDie: true) {
                    var ring = ProducerRing(memory: ends.producerMemory())
                    let slots = ring.reserve(upTo: 2)
                    ring.write(slots) { Memory.Entry(sequence: $0) }
                    ring.submit(slots.count)
                },
                Program.Thread("successor") {
                    guard machine.join(0) != nil else { return }
                    var ring = ProducerRing(memory: ends.producerMemory())
                    let slot = ring.reserve(1)
                    guard !slot.isEmpty else { return }
                    ring.write(Memory.Entry(sequence: Self.ofSuccessor), at: slot.first)
                    ring.submit(1)
                    if !machine.isDraining { stream.sent = 1 }
                },
                Program.Thread("consumer") {
                    var ring = ConsumerRing(memory: ends.consumerMemory())
                    for _ in 0..<2 {
                        _ = ring.consume(upTo: 2) { if !machine.isDraining { take($0, stream, machine) } }
                    }
                },
            ],
            finally: {
                // What is left, as the next consumer would find it.
                var ring = ConsumerRing(memory: ends.consumerMemory())
                _ = ring.consume(upTo: ends.capacity) { take($0, stream, machine) }
                machine.require(
                    stream.taken / Self.ofSuccessor == stream.sent, "the successor's entry is lost or came twice")
            })
    }

    /// The predecessor's entries in order, and then the successor's.
    private func take(_ entry: some SequencedEntry, _ stream: Stream, _ machine: Machine) {
        if entry.carries(sequence: Self.ofSuccessor) {
            stream.taken += Self.ofSuccessor
        } else {
            machine.require(entry.carries(sequence: stream.taken), "this was not published next: \(entry)")
            stream.taken += 1
        }
    }
}

/// A consumer is killed before any of its operations, and a successor takes its role up: what was released does not come
/// again, what was not comes again.
struct ConsumerSuccession: RingUse {
    func run<Memory: RingMemory>(_ ends: RingEnds<Memory>) -> Program.Run where Memory.Entry: SequencedEntry {
        let machine = ends.machine
        let stream = Stream()
        return Program.Run(
            [
                Program.Thread("producer") {
                    var ring = ProducerRing(memory: ends.producerMemory())
                    for _ in 0..<3 {
                        let slot = ring.reserve(1)
                        if slot.isEmpty { continue }
                        ring.write(Memory.Entry(sequence: stream.sent), at: slot.first)
                        stream.sent += 1
                        ring.submit(1)
                    }
                },
                Program.Thread("consumer", mayDie: true) { take(from: ends, stream) },
                Program.Thread("successor") {
                    guard machine.join(1) != nil else { return }
                    // It knows how far its predecessor got from the ring alone.
                    take(from: ends, stream)
                },
            ],
            finally: {
                machine.require(stream.sent == stream.taken &+ ends.used, "an entry is lost or was released twice")
            })
    }

    private func take<Memory: RingMemory>(from ends: RingEnds<Memory>, _ stream: Stream)
    where Memory.Entry: SequencedEntry {
        let machine = ends.machine
        var ring = ConsumerRing(memory: ends.consumerMemory())
        let batch = ring.peek(upTo: 2)
        if batch.isEmpty { return }
        var wanted = stream.taken
        ring.read(batch) { entry in
            machine.require(entry.carries(sequence: wanted), "this is not the next that was not released: \(entry)")
            wanted += 1
        }
        ring.release(batch.count)
        // Nothing comes between the store and this, so it counts if the store was made.
        if !machine.isDraining { stream.taken = wanted }
    }
}
