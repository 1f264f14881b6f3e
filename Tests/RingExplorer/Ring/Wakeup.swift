import TokenRing

/// Both sides sleep when they cannot go on and wake the other one, by the shipped waiting loop. Nobody may sleep for ever.
struct Wakeup: RingUse {
    /// How they sleep.
    enum Sleep: String {
        case futex, eventfd
    }

    var entries: UInt32 = 2
    var sleep = Sleep.futex

    func run<Memory: RingMemory>(_ ends: RingEnds<Memory>) -> Program.Run where Memory.Entry: SequencedEntry {
        let machine = ends.machine
        let stream = Stream()
        let isFutex = sleep == .futex
        let arrived = ExploredDoorbell(
            machine: machine, bell: machine.bell("doorbell of entries", isFutex: isFutex),
            word: isFutex ? ends.producer : nil)
        let room = ExploredDoorbell(
            machine: machine, bell: machine.bell("doorbell of room", isFutex: isFutex),
            word: isFutex ? ends.consumer : nil)
        return Program.Run(
            [
                Program.Thread("producer") {
                    var ring = ProducerRing(memory: ends.producerMemory())
                    while stream.sent < entries {
                        machine.checkpoint(ring.state + [UInt64(stream.sent)])
                        let slot = ring.reserve(1)
                        if slot.isEmpty {
                            // As waitForRoom does.
                            ring.wakeConsumer(on: arrived)
                            guard ring.wait(on: room, watching: nil, polls: 1, timeout: nil) == .ready else { return }
                            continue
                        }
                        ring.write(Memory.Entry(sequence: stream.sent), at: slot.first)
                        stream.sent += 1
                        ring.submit(1)
                        ring.wakeConsumer(on: arrived)
                    }
                },
                Program.Thread("consumer") {
                    var ring = ConsumerRing(memory: ends.consumerMemory())
                    while stream.taken < entries {
                        machine.checkpoint(ring.state + [UInt64(stream.taken)])
                        let taken = ring.consume(upTo: ends.capacity) { stream.take($0, machine) }
                        if machine.isDraining { return }
                        if taken > 0 {
                            ring.wakeProducer(on: room)
                        } else {
                            guard ring.wait(on: arrived, watching: nil, polls: 1, timeout: nil) == .ready else {
                                return
                            }
                        }
                    }
                },
            ],
            finally: { machine.require(stream.taken == entries, "\(stream.taken) of \(entries) entries were taken") })
    }
}
