import TokenRing

/// Batches in parts: what is reserved is submitted one by one or given back, what is peeked is released one by one or put
/// back. What was given back never shows, what was put back comes again.
struct Parts: RingUse {
    func run<Memory: RingMemory>(_ ends: RingEnds<Memory>) -> Program.Run where Memory.Entry: SequencedEntry {
        let machine = ends.machine
        let stream = Stream()
        return Program.Run(
            [
                Program.Thread("producer") {
                    var ring = ProducerRing(memory: ends.producerMemory())
                    for _ in 0..<2 {
                        let slots = ring.reserve(upTo: 2)
                        for offset in 0..<slots.count {
                            // The last one is taken back, and is no entry of the stream.
                            let isKept = offset + 1 < slots.count || slots.count < 2
                            ring.write(Memory.Entry(sequence: isKept ? stream.sent &+ offset : 666), at: slots[offset])
                        }
                        if slots.count == 2 { ring.cancel(1) }
                        guard !slots.isEmpty else { continue }
                        stream.sent += 1
                        ring.submit(1)
                    }
                    let slot = ring.reserve(1)
                    if !slot.isEmpty {
                        ring.write(Memory.Entry(sequence: stream.sent), at: slot.first)
                        stream.sent += 1
                        ring.submit(1)
                    }
                },
                Program.Thread("consumer") {
                    var ring = ConsumerRing(memory: ends.consumerMemory())
                    for _ in 0..<2 {
                        let batch = ring.peek(upTo: 2)
                        for offset in 0..<batch.count {
                            let entry = ring.read(at: batch[offset])
                            machine.require(
                                entry.carries(sequence: stream.taken &+ offset), "a peeked entry is not the next")
                        }
                        if batch.count == 2 { ring.cancel(1) }
                        guard !batch.isEmpty else { continue }
                        if !machine.isDraining { stream.taken += 1 }
                        ring.release(1)
                    }
                },
            ],
            finally: {
                machine.require(stream.sent == stream.taken &+ ends.used, "an entry is lost or there twice")
            })
    }
}
