import RingTestSupport
import TokenRing

/// Sends fragments 0, 1, 2 ... through ring 0, in batches, and waits for room.
func streamFragments(_ setting: SharedSetting, batch: UInt32, count: UInt64) throws {
    var producer = try setting.region.takeProducer(of: 0, entry: FragDescriptor.self)
    let doorbells = setting.doorbells(of: 0)
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
