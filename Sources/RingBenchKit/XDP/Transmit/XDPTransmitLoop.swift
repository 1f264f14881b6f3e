import TokenRing
import TokenRingXDP

/// What the sender writes into each frame.
struct NumberedFrames {
    let bytes: UInt32
    let flows: UInt32
    /// The number of the next one.
    var next: UInt64 = 0
}

/// The data path of a sender: takes back what was sent, and queues numbered packets in frames that are free.
///
/// - Returns: packets queued, frames that came back, and whether more came back than there are.
@inline(never)
func xdpTransmitLoop(
    transmit: inout TransmitRing, completion: inout CompletionRing, memory: UnsafeMutableRawPointer, free: FreeFrames,
    geometry: FrameGeometry, packets: inout NumberedFrames, count: UInt32
) -> (queued: UInt32, completed: UInt32, isContradictory: Bool) {
    var isContradictory = false
    let done = completion.peek(upTo: .max)
    var offset: UInt32 = 0
    while offset < done.count {
        if !free.put(geometry.frameAddress(of: completion.read(at: done[offset]))) { isContradictory = true }
        offset &+= 1
    }
    completion.release(done.count)
    let slots = transmit.reserve(upTo: min(count, free.count))
    offset = 0
    while offset < slots.count {
        let address = free.take()
        NumberedFrame.write(
            packets.next, of: packets.flows,
            into: UnsafeMutableRawBufferPointer(start: memory + Int(address), count: Int(packets.bytes)))
        packets.next &+= 1
        transmit.write(XDPDescriptor(address: address, length: packets.bytes), at: slots[offset])
        offset &+= 1
    }
    transmit.submit(slots.count)
    return (slots.count, done.count, isContradictory)
}
