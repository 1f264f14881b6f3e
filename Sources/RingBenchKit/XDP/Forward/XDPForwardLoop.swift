import TokenRing
import TokenRingXDP

/// UMEM addresses without an order: equal sums mean that the same came out as went in.
struct AddressSum: Equatable {
    private var sum: UInt64 = 0
    private var mixed: UInt64 = 0

    @inline(__always)
    mutating func add(_ address: UMEMAddress) {
        sum &+= address
        let key = address &* 0x9E37_79B9_7F4A_7C15
        mixed &+= key ^ key >> 29
    }
}

/// What a forwarder met.
struct ForwardBooks {
    /// Packets taken from RX and queued in TX, and their bytes.
    var forwarded: UInt64 = 0
    var bytes: UInt64 = 0
    /// The frames that they are in.
    var frames: UInt64 = 0
    /// Frames that came back through COMPLETION and went to FILL.
    var returned: UInt64 = 0
    /// Where packets lay in RX; where they lay when they came back.
    var received = AddressSum()
    var completed = AddressSum()
    var violations = ReceiveViolations()
}

/// The data path of a forwarder: packets of RX go to TX where they lie. Nothing but the descriptor moves.
///
/// - Parameter turnsAround: exchanges source and destination address, for packets that go back where they came from.
/// - Returns: packets moved, or nil if TX has no room.
@inline(never)
func xdpForwardLoop(
    receive: inout ReceiveRing, transmit: inout TransmitRing, memory: UnsafeMutableRawPointer, byteCount: UInt64,
    geometry: FrameGeometry, ledger: borrowing FrameLedger, books: inout ForwardBooks, turnsAround: Bool,
    batches: borrowing BatchSizes, batchSize: UInt32
) -> UInt32? {
    // A packet of several frames goes on as one.
    let batch = receive.peekWholePackets(upTo: batchSize)
    if batch.isEmpty { return 0 }
    let slots = transmit.reserve(batch.count)
    if slots.isEmpty {
        receive.cancel(batch.count)
        return nil
    }
    var given: UInt32 = 0
    var packets: UInt32 = 0
    var isFirst = true
    var offset: UInt32 = 0
    while offset < batch.count {
        let packet = receive.read(at: batch[offset])
        offset &+= 1
        let start = geometry.byteOffset(of: packet.address)
        guard start &+ UInt64(packet.length) <= byteCount else {
            books.violations.badAddresses &+= 1
            continue
        }
        guard ledger.take(geometry.frameNumber(of: packet.address)) else {
            books.violations.doubledFrames &+= 1
            continue
        }
        if turnsAround, isFirst { turnAround(memory + Int(start), length: packet.length) }
        books.received.add(packet.address)
        books.bytes &+= UInt64(packet.length)
        isFirst = !packet.continues
        packets &+= isFirst ? 1 : 0
        transmit.write(
            XDPDescriptor(
                address: packet.address, length: packet.length, options: packet.options & XDPDescriptor.continues),
            at: slots[given])
        given &+= 1
    }
    // Released before they are queued: a frame is in one place.
    receive.release(batch.count)
    transmit.cancel(batch.count &- given)
    transmit.submit(given)
    books.forwarded &+= UInt64(packets)
    books.frames &+= UInt64(given)
    batches.record(min(batch.count, batchSize))
    return batch.count
}

/// Exchanges the two Ethernet addresses.
@inline(__always)
private func turnAround(_ packet: UnsafeMutableRawPointer, length: UInt32) {
    guard length >= 12 else { return }
    let (high, low) = (packet.loadUnaligned(as: UInt32.self), packet.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
    packet.storeBytes(of: packet.loadUnaligned(fromByteOffset: 6, as: UInt32.self), as: UInt32.self)
    packet.storeBytes(of: packet.loadUnaligned(fromByteOffset: 10, as: UInt16.self), toByteOffset: 4, as: UInt16.self)
    packet.storeBytes(of: high, toByteOffset: 6, as: UInt32.self)
    packet.storeBytes(of: low, toByteOffset: 10, as: UInt16.self)
}

/// The other half: frames that were sent go back to where packets are received.
///
/// - Returns: frames moved.
@inline(never)
func xdpRecycleLoop(
    completion: inout CompletionRing, fill: inout FillRing, geometry: FrameGeometry, ledger: borrowing FrameLedger,
    books: inout ForwardBooks
) -> UInt32 {
    let done = completion.peek(upTo: .max)
    if done.isEmpty { return 0 }
    let slots = fill.reserve(upTo: done.count)
    completion.cancel(done.count &- slots.count)
    var given: UInt32 = 0
    var offset: UInt32 = 0
    while offset < slots.count {
        let address = completion.read(at: done[offset])
        offset &+= 1
        books.completed.add(address)
        let frame = geometry.frameAddress(of: address)
        guard ledger.give(geometry.frameNumber(of: frame)) else {
            books.violations.doubledFrames &+= 1
            continue
        }
        fill.write(frame, at: slots[given])
        given &+= 1
    }
    completion.release(slots.count)
    fill.cancel(slots.count &- given)
    fill.submit(given)
    books.returned &+= UInt64(given)
    return slots.count
}
