import TokenRing

/// A full ring: the producer sleeps until the consumer has made room, by the shipped waiting loop.
struct RoomWakeup: RingUse {
    func run<Memory: RingMemory>(_ ends: RingEnds<Memory>) -> Program.Run where Memory.Entry: SequencedEntry {
        let machine = ends.machine
        let stream = Stream()
        let room = ExploredDoorbell(
            machine: machine, bell: machine.bell("doorbell of room", isFutex: true), word: ends.consumer)
        // Filled before the threads start.
        var ring = ProducerRing(memory: ends.producerMemory())
        let all = ring.reserve(ends.capacity)
        ring.write(all) { Memory.Entry(sequence: $0) }
        ring.submit(all.count)
        stream.sent = all.count
        return Program.Run(
            [
                Program.Thread("producer") {
                    var ring = ProducerRing(memory: ends.producerMemory())
                    var slot = ring.reserve(1)
                    while slot.isEmpty {
                        guard ring.wait(on: room, watching: nil, polls: 1, timeout: nil) == .ready else { return }
                        slot = ring.reserve(1)
                    }
                    ring.write(Memory.Entry(sequence: stream.sent), at: slot.first)
                    stream.sent += 1
                    ring.submit(1)
                },
                Program.Thread("consumer") {
                    var ring = ConsumerRing(memory: ends.consumerMemory())
                    _ = ring.consume(upTo: 1) { stream.take($0, machine) }
                    ring.wakeProducer(on: room)
                },
            ],
            finally: {
                machine.require(
                    stream.sent == ends.capacity + 1 && ends.used == ends.capacity, "the ring is not full again")
            })
    }
}
