import RingTestSupport
import TokenRing

// One entry at a time, so that each side sleeps for each entry. The waits have no timeout: a wakeup that is lost is for
// ever, and the test that watches the indices sees it.

/// An end that sends single ranges and sleeps when there is no room.
struct SingleProducer<Memory: RingMemory>: ~Copyable where Memory.Entry == TokenRange {
    private var ring: ProducerRing<Memory>
    private let doorbells: RingDoorbells
    private let polls: Int

    init(_ ring: consuming ProducerRing<Memory>, _ doorbells: RingDoorbells, polls: Int) {
        self.ring = ring
        self.doorbells = doorbells
        self.polls = polls
    }

    mutating func send(_ sequence: UInt32) {
        var slot = ring.reserve(1)
        while slot.isEmpty {
            _ = ring.waitForRoom(doorbells, polls: polls)
            slot = ring.reserve(1)
        }
        ring.write(TokenRange(sequence: sequence), at: slot[0])
        ring.submit(1)
        ring.wakeConsumer(doorbells)
    }
}

/// An end that receives single ranges and sleeps when there is none.
struct SingleConsumer<Memory: RingMemory>: ~Copyable where Memory.Entry == TokenRange {
    private var ring: ConsumerRing<Memory>
    private let doorbells: RingDoorbells
    private let polls: Int

    init(_ ring: consuming ConsumerRing<Memory>, _ doorbells: RingDoorbells, polls: Int) {
        self.ring = ring
        self.doorbells = doorbells
        self.polls = polls
    }

    mutating func expect(_ sequence: UInt32) {
        var entry = ring.peek(upTo: 1)
        while entry.isEmpty {
            _ = ring.wait(doorbells, polls: polls)
            entry = ring.peek(upTo: 1)
        }
        let range = ring.read(at: entry[0])
        ring.release(1)
        ring.wakeProducer(doorbells)
        guard range.carries(sequence: sequence) else { stop("\(range) came instead of range \(sequence)") }
    }
}

func ping(_ setting: SharedSetting, count: UInt32, polls: Int) throws {
    let region = setting.region
    switch region.publication {
    case .index: ping(try region.takeProducer(of: 0), try region.takeConsumer(of: 1), setting, count, polls)
    case .slot: ping(try region.takeSlotProducer(of: 0), try region.takeSlotConsumer(of: 1), setting, count, polls)
    }
}

private func ping<Memory: RingMemory>(
    _ producer: consuming ProducerRing<Memory>, _ consumer: consuming ConsumerRing<Memory>, _ setting: SharedSetting,
    _ count: UInt32, _ polls: Int
) where Memory.Entry == TokenRange {
    var there = SingleProducer(producer, setting.doorbells(of: 0), polls: polls)
    var back = SingleConsumer(consumer, setting.doorbells(of: 1), polls: polls)
    for sequence in 0..<count {
        there.send(sequence)
        back.expect(sequence)
    }
}

func pong(_ setting: SharedSetting, count: UInt32, polls: Int) throws {
    let region = setting.region
    switch region.publication {
    case .index: pong(try region.takeConsumer(of: 0), try region.takeProducer(of: 1), setting, count, polls)
    case .slot: pong(try region.takeSlotConsumer(of: 0), try region.takeSlotProducer(of: 1), setting, count, polls)
    }
}

private func pong<Memory: RingMemory>(
    _ consumer: consuming ConsumerRing<Memory>, _ producer: consuming ProducerRing<Memory>, _ setting: SharedSetting,
    _ count: UInt32, _ polls: Int
) where Memory.Entry == TokenRange {
    var there = SingleConsumer(consumer, setting.doorbells(of: 0), polls: polls)
    var back = SingleProducer(producer, setting.doorbells(of: 1), polls: polls)
    for sequence in 0..<count {
        there.expect(sequence)
        back.send(sequence)
    }
}

func produceRanges(_ setting: SharedSetting, count: UInt32, polls: Int) throws {
    let doorbells = setting.doorbells(of: 0)
    switch setting.region.publication {
    case .index:
        var producer = SingleProducer(try setting.region.takeProducer(of: 0), doorbells, polls: polls)
        for sequence in 0..<count { producer.send(sequence) }
    case .slot:
        var producer = SingleProducer(try setting.region.takeSlotProducer(of: 0), doorbells, polls: polls)
        for sequence in 0..<count { producer.send(sequence) }
    }
}

func consumeRanges(_ setting: SharedSetting, count: UInt32, polls: Int) throws {
    let doorbells = setting.doorbells(of: 0)
    switch setting.region.publication {
    case .index:
        var consumer = SingleConsumer(try setting.region.takeConsumer(of: 0), doorbells, polls: polls)
        for sequence in 0..<count { consumer.expect(sequence) }
    case .slot:
        var consumer = SingleConsumer(try setting.region.takeSlotConsumer(of: 0), doorbells, polls: polls)
        for sequence in 0..<count { consumer.expect(sequence) }
    }
}
