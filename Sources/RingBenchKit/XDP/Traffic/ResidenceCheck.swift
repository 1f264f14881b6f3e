import CTokenRing
import TokenRing
import TokenRingXDP

/// A check that also counts bytes.
protocol ByteCountingCheck: FrameCheck {
    /// Bytes of all packets, without the frame check sequence.
    var bytes: UInt64 { get }
}

extension CountingCheck: ByteCountingCheck {}

/// Counts packets, and how long each was on its way from the XDP program to the batch in which it was taken from RX.
struct ResidenceCheck: ByteCountingCheck {
    /// Each packet's time; what the driver left no room to stamp is not in it.
    private(set) var times = LatencyHistogram(loop: .open)
    private var counting = CountingCheck()
    private var now: UInt64 = 0

    var received: UInt64 { counting.received }
    var bytes: UInt64 { counting.bytes }

    @inline(__always)
    mutating func beginBatch() { now = UInt64(bitPattern: ctr_monotonic_ns()) }

    @inline(__always)
    mutating func look(at packet: UnsafeRawPointer, _ descriptor: XDPDescriptor) {
        counting.look(at: packet, descriptor)
        if let stamp = ArrivalStamp.nanoseconds(of: packet) { times.record(nanoseconds: now &- min(stamp, now)) }
    }
}
