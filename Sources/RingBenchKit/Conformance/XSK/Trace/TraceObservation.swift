import RingKernelModel
import TokenRing

/// Everything that user space can see of two sockets after a step.
struct TraceObservation: Hashable {
    /// Producer and consumer index of FILL, RX, TX and COMPLETION.
    var indices: [UInt32] = []
    /// Every slot of RX and COMPLETION, read or not.
    var received: [XDPDescriptor] = []
    var completed: [UInt64] = []
    /// The flags words of FILL and TX.
    var flags: [UInt32] = []
    var receiver = XSKCounters()
    var sender = XSKCounters()
    /// What sendto said, 0 for another step.
    var errno: CInt = 0

    init(of kernel: borrowing some TracedKernel & ~Copyable, errno: CInt) throws(XSKEnding) {
        let rings = kernel.rings
        indices =
            Self.indices(rings.fill) + Self.indices(rings.receive) + Self.indices(rings.transmit)
            + Self.indices(rings.completion)
        received = Self.slots(rings.receive)
        completed = Self.slots(rings.completion)
        flags = [rings.fill.loadAcquire(.consumerFlags), rings.transmit.loadAcquire(.consumerFlags)]
        (receiver, sender) = try kernel.counters()
        self.errno = errno
    }

    private static func indices(_ ring: any RingMemory) -> [UInt32] {
        [ring.loadAcquire(.producer), ring.loadAcquire(.consumer)]
    }

    private static func slots<Entry>(_ ring: any RingMemory<Entry>) -> [Entry] {
        (0..<ring.capacity).map { ring.loadEntry(at: RingIndex($0)) }
    }

    /// What another has otherwise, by name.
    func differences(from other: TraceObservation) -> String {
        let mine = parts
        return zip(mine, other.parts).filter { $0.0.value != $0.1.value }
            .map { "\($0.0.name) \($0.1.value), not \($0.0.value)" }.joined(separator: "; ")
    }

    private var parts: [(name: String, value: String)] {
        let names = ["FILL", "RX", "TX", "COMPLETION"]
        let words = indices.enumerated().map { position, value in
            ("\(names[position / 2]) \(position % 2 == 0 ? "producer" : "consumer")", "\(value)")
        }
        return words + [
            ("RX slots", "\(received.map { "\($0.address)+\($0.length)" })"), ("COMPLETION slots", "\(completed)"),
            ("flags", "\(flags)"), ("receiver", "\(receiver)"), ("sender", "\(sender)"), ("errno", "\(errno)"),
        ]
    }
}
