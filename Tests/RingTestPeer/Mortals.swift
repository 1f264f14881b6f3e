import RingTestSupport
import TokenRing

// Ends that may be killed at any step, by themselves or from outside. Entry number n of the stream has index n, so that a successor knows where
// it is from the index alone.

/// Sends fragments through ring 0, `batch` at a time, up to `count`; dies at access number `step`.
func produceMortally(_ setting: SharedSetting, step: Int, batch: UInt32, count: UInt32) throws {
    let (mapping, layout) = (setting.region.mapping, setting.region.rings[0].layout)
    let claim = try setting.region.claim(.producer, of: 0)
    switch setting.region.publication {
    case .index:
        let memory = try MappedRingMemory<FragDescriptor>(mapping, layout: layout)
        produce(ProducerRing(memory: DyingRingMemory(memory, .init(step: step))), setting, batch, count)
    case .slot:
        let memory = try SlotPublishedMemory<FragDescriptor>(mapping, layout: layout)
        produce(ProducerRing(memory: DyingRingMemory(memory, .init(step: step))), setting, batch, count)
    }
    withExtendedLifetime(claim) {}
}

private func produce<Memory: RingMemory>(
    _ ring: consuming ProducerRing<Memory>, _ setting: SharedSetting, _ batch: UInt32, _ count: UInt32
) where Memory.Entry == FragDescriptor {
    var producer = ring
    let doorbells = setting.doorbells(of: 0)
    while true {
        let slots = producer.reserve(upTo: batch)
        guard slots.count > 0 else {
            _ = producer.waitForRoom(doorbells)
            continue
        }
        var written: UInt32 = 0
        while written < slots.count, slots[written].rawValue < count {
            producer.write(FragDescriptor(sequence: UInt64(slots[written].rawValue)), at: slots[written])
            written += 1
        }
        producer.submit(written)
        producer.wakeConsumer(doorbells)
        guard written == slots.count else { return }
    }
}

/// Receives fragments from ring 0, up to `count`; dies at access number `step`. Says so if one is not what its index says.
func consumeMortally(_ setting: SharedSetting, step: Int, batch: UInt32, count: UInt32) throws {
    let (mapping, layout) = (setting.region.mapping, setting.region.rings[0].layout)
    let claim = try setting.region.claim(.consumer, of: 0)
    switch setting.region.publication {
    case .index:
        let memory = try MappedRingMemory<FragDescriptor>(mapping, layout: layout)
        consume(ConsumerRing(memory: DyingRingMemory(memory, .init(step: step))), setting, batch, count)
    case .slot:
        let memory = try SlotPublishedMemory<FragDescriptor>(mapping, layout: layout)
        consume(ConsumerRing(memory: DyingRingMemory(memory, .init(step: step))), setting, batch, count)
    }
    withExtendedLifetime(claim) {}
}

private func consume<Memory: RingMemory>(
    _ ring: consuming ConsumerRing<Memory>, _ setting: SharedSetting, _ batch: UInt32, _ count: UInt32
) where Memory.Entry == FragDescriptor {
    var consumer = ring
    let doorbells = setting.doorbells(of: 0)
    var next: UInt32 = 0
    while next < count {
        let entries = consumer.peek(upTo: batch)
        guard entries.count > 0 else {
            _ = consumer.wait(doorbells)
            continue
        }
        for offset in 0..<entries.count {
            let entry = consumer.read(at: entries[offset])
            next = entries[offset].rawValue &+ 1
            guard entry.carries(sequence: UInt64(entries[offset].rawValue)) else {
                stop("\(entry) came instead of fragment \(entries[offset].rawValue)")
            }
        }
        consumer.release(entries.count)
        consumer.wakeProducer(doorbells)
    }
}
