import RingKernelModel

/// What one taking of delivery brought.
struct Reception {
    /// Bytes or -errno; for a ring the sum of the entries.
    let result: Int
    /// The fragments.
    let frags: [ReceivedFrag]
    /// Whether control messages were cut off.
    var isTruncated = false
    /// `dmabuf_id` of the first control message.
    var dmabufID: UInt32 = 0
    /// Bytes that were copied and not in the dmabuf.
    var plainBytes = 0
    /// Bytes that a message announced as linear.
    var linearBytes = 0
    /// The bytes copied.
    var copied: [UInt8] = []

    /// Out of a delivery ring.
    init(ring frags: [ReceivedFrag]) {
        result = frags.reduce(0) { $0 + Int($1.size) }
        self.frags = frags
    }

    /// Out of recvmsg.
    init(_ received: ReceiveResult, control: UnsafeRawBufferPointer, memory: UnsafeRawBufferPointer) {
        result = received.bytes
        isTruncated = received.isTruncated
        var frags: [ReceivedFrag] = []
        ControlMessages.forEach(in: control, length: received.controlBytes) { frags.append($0) }
        self.frags = frags
        linearBytes = ControlMessages.linearBytes(in: control, length: received.controlBytes)
        let described = frags.reduce(0) { $0 + Int($1.size) }
        plainBytes = received.isTruncated ? 0 : max(0, received.bytes - described)
        copied = Array(memory.prefix(plainBytes))
        for number in 0..<received.controlBytes / ControlMessages.space where dmabufID == 0 {
            dmabufID = ControlMessages.dmabufID(in: control, at: number)
        }
    }
}
