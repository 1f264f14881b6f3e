import RingTestSupport
import TokenRing

// One entry at a time, so that each side sleeps for each entry. The waits have no timeout: a wakeup that is lost is for
// ever, and the test that watches the indices sees it.

/// An end that sends single ranges and sleeps when there is no room.
struct SingleProducer: ~Copyable {
    private var ring: ProducerRing<MappedRingMemory<TokenRange>>
    private let doorbells: RingDoorbells
    private let polls: Int

    init(_ setting: SharedSetting, ring number: Int, polls: Int) throws {
        ring = try setting.region.takeProducer(of: number)
        doorbells = setting.doorbells(of: number)
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
struct SingleConsumer: ~Copyable {
    private var ring: ConsumerRing<MappedRingMemory<TokenRange>>
    private let doorbells: RingDoorbells
    private let polls: Int

    init(_ setting: SharedSetting, ring number: Int, polls: Int) throws {
        ring = try setting.region.takeConsumer(of: number)
        doorbells = setting.doorbells(of: number)
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
    var there = try SingleProducer(setting, ring: 0, polls: polls)
    var back = try SingleConsumer(setting, ring: 1, polls: polls)
    for sequence in 0..<count {
        there.send(sequence)
        back.expect(sequence)
    }
}

func pong(_ setting: SharedSetting, count: UInt32, polls: Int) throws {
    var there = try SingleConsumer(setting, ring: 0, polls: polls)
    var back = try SingleProducer(setting, ring: 1, polls: polls)
    for sequence in 0..<count {
        there.expect(sequence)
        back.send(sequence)
    }
}

func produceRanges(_ setting: SharedSetting, count: UInt32, polls: Int) throws {
    var producer = try SingleProducer(setting, ring: 0, polls: polls)
    for sequence in 0..<count { producer.send(sequence) }
}

func consumeRanges(_ setting: SharedSetting, count: UInt32, polls: Int) throws {
    var consumer = try SingleConsumer(setting, ring: 0, polls: polls)
    for sequence in 0..<count { consumer.expect(sequence) }
}
