import TokenRing

/// Publishes as many of `values` as there is room for; how many that was.
public func submitAll<Memory: RingMemory>(
    _ values: some Collection<Memory.Entry>, to producer: inout ProducerRing<Memory>
) -> Int {
    let batch = producer.reserve(upTo: UInt32(values.count))
    for (offset, value) in values.prefix(Int(batch.count)).enumerated() {
        producer.write(value, at: batch[UInt32(offset)])
    }
    producer.submit(batch.count)
    return Int(batch.count)
}

/// Takes what is in the ring, `count` entries at the most, in order.
public func takeAll<Memory: RingMemory>(
    from consumer: inout ConsumerRing<Memory>, upTo count: UInt32 = .max
) -> [Memory.Entry] {
    let batch = consumer.peek(upTo: count)
    precondition(batch.count <= RingLayout.mostEntries, "a broken ring handed out \(batch.count) entries")
    let values = (0..<batch.count).map { consumer.read(at: batch[$0]) }
    consumer.release(batch.count)
    return values
}
