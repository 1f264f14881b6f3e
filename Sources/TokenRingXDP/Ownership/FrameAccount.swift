import TokenRing

/// Where the frames of a UMEM are, read off the rings' own indices: it costs the data path nothing, in any build.
///
/// Every index counts from 0 when its socket is made, so a frame that the kernel has is one that went through FILL and has
/// not come back through RX, or went through TX and has not come back through COMPLETION. Exact when nobody moves.
public struct FrameAccount: Hashable, Sendable {
    /// Frames of the UMEM.
    public let frames: UInt32
    /// Posted, and not taken by the kernel.
    public private(set) var inFillRing: UInt32 = 0
    /// Taken from FILL and not delivered: in the driver's ring or the kernel's free list.
    public private(set) var inKernelToReceive: UInt32 = 0
    /// Delivered, and not released by the application.
    public private(set) var inReceiveRing: UInt32 = 0
    /// Queued, and not taken by the kernel.
    public private(set) var inTransmitRing: UInt32 = 0
    /// Taken from TX and not completed.
    public private(set) var inKernelToTransmit: UInt32 = 0
    /// Sent, and not released by the application.
    public private(set) var inCompletionRing: UInt32 = 0
    /// The rings give out more frames than went in.
    public private(set) var isContradictory = false

    /// All frames are the application's until sockets are added.
    public init(frames: UInt32) { self.frames = frames }

    /// The application's: what is nowhere else. Negative if more frames went out than there are.
    public var inApplication: Int {
        let elsewhere = [
            inFillRing, inKernelToReceive, inReceiveRing, inTransmitRing, inKernelToTransmit, inCompletionRing,
        ]
        return Int(frames) - elsewhere.reduce(0) { $0 + Int($1) }
    }

    /// Frames that the kernel or the rings have.
    public var outside: Int { Int(frames) - inApplication }

    /// Whether each frame is in exactly one place and `count` of them are the application's. Frames that the kernel refused
    /// (`rx_invalid_descs`, `tx_invalid_descs`) are the application's again. Which of TX these are is told through COMPLETION by
    /// newer kernels (6.18.44 does), and by older ones not at all.
    public func isWhole(holding count: UInt32) -> Bool { !isContradictory && inApplication == Int(count) }

    /// Adds a FILL ring and the RX rings of the sockets on its queue.
    mutating func add(received rings: [RingIndices], from fill: RingIndices, invalid: UInt64) {
        var taken = fill.consumer.rawValue &- UInt32(truncatingIfNeeded: invalid)
        for ring in rings {
            taken &-= ring.producer.rawValue
            inReceiveRing &+= ring.waiting
        }
        inFillRing &+= fill.waiting
        inKernelToReceive &+= checked(taken)
    }

    /// Adds the TX rings of the sockets on a queue and their COMPLETION ring.
    mutating func add(sent rings: [RingIndices], through completion: RingIndices, invalid: UInt64) {
        var taken = 0 &- completion.producer.rawValue
        for ring in rings {
            taken &+= ring.consumer.rawValue
            inTransmitRing &+= ring.waiting
        }
        inCompletionRing &+= completion.waiting
        // Some kernels complete refused descriptors, some do not. Either way this is exact when nothing is on its way.
        taken = checked(taken)
        inKernelToTransmit &+= taken - min(taken, UInt32(clamping: invalid))
    }

    private mutating func checked(_ count: UInt32) -> UInt32 {
        guard count > frames else { return count }
        isContradictory = true
        return 0
    }
}
