import TokenRing
import TokenRingXDP

/// What a receiver does with each packet, inlined into its loop.
protocol FrameCheck {
    /// Packets that were counted as received.
    var received: UInt64 { get }
    /// A batch was taken from RX; its packets follow.
    mutating func beginBatch()
    /// Looks at a packet, or at a part of one; `descriptor.length` bytes at `packet` are readable.
    mutating func look(at packet: UnsafeRawPointer, _ descriptor: XDPDescriptor)
}

extension FrameCheck {
    @inline(__always)
    mutating func beginBatch() {}
}

/// Counts packets from anywhere, also such of several frames.
struct CountingCheck: FrameCheck {
    private(set) var received: UInt64 = 0
    /// Bytes of all packets, without the frame check sequence.
    private(set) var bytes: UInt64 = 0

    @inline(__always)
    mutating func look(at packet: UnsafeRawPointer, _ descriptor: XDPDescriptor) {
        received &+= descriptor.continues ? 0 : 1
        bytes &+= UInt64(descriptor.length)
    }
}

/// Checks numbered packets: the number, every payload byte, the length and the order.
///
/// A number stands for `copies` equal packets in a row: 1 on the wire; with live frames one call of the kernel makes many.
struct NumberedCheck: FrameCheck {
    /// Packets of ours, intact or not.
    private(set) var received: UInt64 = 0
    /// Packets of ours with a wrong byte, a wrong length or a number that was never sent.
    private(set) var corrupt: UInt64 = 0
    /// Packets of ours that came late or more often than they were sent.
    private(set) var outOfOrder: UInt64 = 0
    /// Packets that are not ours.
    private(set) var foreign: UInt64 = 0

    private let length: UInt32
    private let copies: UInt64
    private let numbers: UInt64
    private var newest: UInt64 = 0
    private var seenOfNewest: UInt64 = 0

    /// Expects `frames` packets of `length` bytes, `copies` of each number.
    init(length: UInt32, copies: UInt64, frames: UInt64) {
        self.length = length
        self.copies = copies
        numbers = (frames + copies - 1) / copies
    }

    @inline(__always)
    mutating func look(at packet: UnsafeRawPointer, _ descriptor: XDPDescriptor) {
        let length = descriptor.length
        guard let number = NumberedFrame.number(of: packet, length: length) else {
            foreign &+= 1
            return
        }
        received &+= 1
        guard length == self.length, number < numbers, NumberedFrame.isIntact(packet, length: length, number: number)
        else {
            corrupt &+= 1
            return
        }
        if number > newest {
            newest = number
            seenOfNewest = 1
        } else if number == newest, seenOfNewest < copies {
            seenOfNewest &+= 1
        } else {
            outOfOrder &+= 1
        }
    }
}
