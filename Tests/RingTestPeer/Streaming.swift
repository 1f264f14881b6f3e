import RingTestSupport
import TokenRing

/// Sends fragments 0, 1, 2 ... through ring 0, in batches, and waits for room.
func streamFragments(_ setting: SharedSetting, batch: UInt32, count: UInt64) throws {
    let doorbells = setting.doorbells(of: 0)
    switch setting.region.publication {
    case .index: stream(try setting.region.takeProducer(of: 0), doorbells, batch: batch, count: count)
    case .slot: stream(try setting.region.takeSlotProducer(of: 0), doorbells, batch: batch, count: count)
    }
}

private func stream<Memory: RingMemory>(
    _ producer: consuming ProducerRing<Memory>, _ doorbells: RingDoorbells, batch: UInt32, count: UInt64
) where Memory.Entry == FragDescriptor {
    var sequence: UInt64 = 0
    while sequence < count {
        let slots = producer.reserve(upTo: UInt32(min(UInt64(batch), count - sequence)))
        if slots.isEmpty {
            _ = producer.waitForRoom(doorbells)
            continue
        }
        for offset in 0..<slots.count {
            producer.write(FragDescriptor(sequence: sequence), at: slots[offset])
            sequence &+= 1
        }
        producer.submit(slots.count)
        producer.wakeConsumer(doorbells)
    }
}
