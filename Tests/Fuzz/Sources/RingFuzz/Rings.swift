import CTokenRing
import Glibc
import RingKernelModel
import TokenRing

/// A header with some bytes changed: refused, or usable by both roles without a trap or a byte outside.
func fuzzRegion(_ input: inout FuzzInput) {
    let publication: RingPublication = input.next(UInt8.self) & 1 == 0 ? .index : .slot
    guard
        let region = try? RingRegion.create([
            RingSpecification(.delivery, capacity: 16, publication: publication),
            RingSpecification(.returning, capacity: 8, publication: publication),
        ])
    else { return }
    while !input.isEmpty {
        let offset = Int(input.next(UInt16.self)) % region.mapping.byteCount
        region.mapping.base.storeBytes(of: input.next(), toByteOffset: offset, as: UInt8.self)
    }
    guard let copy = try? region.descriptor.duplicate(),
        let attached = try? RingRegion.attach(OwnedDescriptor(copy))
    else { return }
    _ = attached.inspect()
    for ring in attached.rings.indices {
        if attached.publication == .index {
            use(try? attached.takeProducer(of: ring, entry: FragDescriptor.self)) { FragDescriptor() }
            use(try? attached.takeProducer(of: ring, entry: TokenRange.self)) { TokenRange() }
            drain(try? attached.takeConsumer(of: ring, entry: FragDescriptor.self))
            drain(try? attached.takeConsumer(of: ring, entry: TokenRange.self))
        } else {
            use(try? attached.takeSlotProducer(of: ring, entry: FragDescriptor.self)) { FragDescriptor() }
            use(try? attached.takeSlotProducer(of: ring, entry: TokenRange.self)) { TokenRange() }
            drain(try? attached.takeSlotConsumer(of: ring, entry: FragDescriptor.self))
            drain(try? attached.takeSlotConsumer(of: ring, entry: TokenRange.self))
        }
    }
}

private func use<Memory: RingMemory>(_ ring: consuming ProducerRing<Memory>?, _ entry: () -> Memory.Entry) {
    guard var producer = ring else { return }
    for _ in 0..<3 {
        let slots = producer.reserve(upTo: 64)
        precondition(slots.count <= producer.capacity, "more slots than there are")
        for offset in 0..<slots.count { producer.write(entry(), at: slots[offset]) }
        producer.submit(slots.count)
        _ = producer.needsWakeup()
    }
}

private func drain<Memory: RingMemory>(_ ring: consuming ConsumerRing<Memory>?) {
    guard var consumer = ring else { return }
    for _ in 0..<3 {
        let entries = consumer.peek(upTo: 64)
        precondition(entries.count <= consumer.capacity, "more entries than there can be")
        for offset in 0..<entries.count { _ = consumer.read(at: entries[offset]) }
        consumer.release(entries.count)
        _ = consumer.needsWakeup()
    }
}

/// A hostile producer of the delivery ring between any two steps of an honest consumer.
func fuzzDelivery(_ input: inout FuzzInput) {
    let publication: RingPublication = input.next(UInt8.self) & 1 == 0 ? .index : .slot
    let start = input.next(UInt32.self)
    guard
        let region = try? RingRegion.create([
            RingSpecification(.delivery, capacity: 16, startIndex: start, publication: publication)
        ])
    else { return }
    switch publication {
    case .index: consume(try? region.takeConsumer(of: 0, entry: FragDescriptor.self), region, &input)
    case .slot: consume(try? region.takeSlotConsumer(of: 0, entry: FragDescriptor.self), region, &input)
    }
}

private func consume<Memory: RingMemory>(
    _ ring: consuming ConsumerRing<Memory>?, _ region: RingRegion, _ input: inout FuzzInput
) where Memory.Entry == FragDescriptor {
    guard var consumer = ring else { return }
    let layout = region.rings[0].layout
    let spin = RingDoorbells(entries: .spin, room: .spin)
    while !input.isEmpty {
        switch input.next(UInt8.self) % 8 {
        case 0: SharedWord(at: region.mapping.base + Int(layout.producer)).storeRelease(input.next())
        case 1:
            let word = SharedWord(at: region.mapping.base + Int(layout.producer))
            word.storeRelease(word.loadAcquire() &+ UInt32(input.next(UInt8.self)))
        case 2:
            let word = layout.producerFlags ?? layout.consumer
            SharedWord(at: region.mapping.base + Int(word)).storeRelease(input.next())
        case 3:
            let offset = Int(layout.entries) + Int(input.next(UInt16.self)) % (16 * 32)
            region.mapping.base.storeBytes(of: input.next(), toByteOffset: offset, as: UInt8.self)
        case 4:
            _ = consumer.wait(spin, polls: 2, timeout: .zero)
            _ = consumer.needsWakeup()
        case 5: consumer.cancel(UInt32(input.next(UInt8.self)))
        default:
            let entries = consumer.peek(upTo: UInt32(input.next(UInt8.self)))
            precondition(entries.count <= consumer.capacity, "more entries than there can be")
            for offset in 0..<entries.count { _ = consumer.read(at: entries[offset]) }
            consumer.release(entries.count)
        }
    }
}

/// A hostile user space beside a kernel that hands out and takes back: whatever is written, no buffer is freed twice, and all are home when
/// everything is closed. Another thread flips entries all the while.
func fuzzReturns(_ input: inout FuzzInput) {
    var configuration = Kernel.Configuration()
    configuration.niovs = 16
    configuration.flows = 1
    configuration.fragBytes = 512
    configuration.deliveryEntries = 16
    configuration.returnEntries = 16
    configuration.startIndex = input.next()
    let names = ["mapped-ring", "mapped-ring-owned", "mapped-ring-xarray"]
    guard let composition = Composition.named(names[Int(input.next(UInt8.self)) % names.count]),
        let kernel = try? Kernel(composition, configuration), let ringSet = kernel.ringSet,
        let region = ringSet.region
    else { return }
    let flipping = Flipper(region, entries: region.rings[ringSet.returnRingNumber].layout, seed: input.next())
    let layout = region.rings[ringSet.returnRingNumber].layout
    while !input.isEmpty {
        switch input.next(UInt8.self) % 8 {
        case 0: SharedWord(at: region.mapping.base + Int(layout.producer)).storeRelease(input.next())
        case 1:
            let word = SharedWord(at: region.mapping.base + Int(layout.producer))
            word.storeRelease(word.loadAcquire() &+ UInt32(input.next(UInt8.self) % 20))
        case 2:
            let slot = Int(input.next(UInt8.self) % 16) * Int(layout.entryStride)
            region.mapping.base.storeBytes(
                of: input.next(UInt64.self), toByteOffset: Int(layout.entries) + slot, as: UInt64.self)
        case 3:
            let delivery = region.rings[RingSet.deliveryRing].layout
            let words = [delivery.producer, delivery.consumer, delivery.producerFlags, delivery.consumerFlags]
            let offset = words[Int(input.next(UInt8.self)) % 4] ?? delivery.consumer
            SharedWord(at: region.mapping.base + Int(offset)).storeRelease(input.next())
        case 4: _ = ringSet.flush()
        case 5: _ = ringSet.kick()
        case 6: _ = ringSet.arm()
        default: _ = kernel.softirq(flow: 0, burst: Int(input.next(UInt8.self) % 17))
        }
    }
    flipping.stop()
    kernel.closeRings()
    for socket in kernel.sockets { kernel.close(socket) }
    kernel.unbind(kernel.binding)
    let audit = kernel.binding.pool.audit
    precondition(audit.freeBuffers == audit.buffers && audit.doubleFrees == 0, "\(composition.name): \(audit)")
}
