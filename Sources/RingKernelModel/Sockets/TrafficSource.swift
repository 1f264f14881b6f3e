/// What comes in from the wire: endless streams, one a flow, placed into net_iovs as a NIC with header split would.
///
/// Deterministic for a seed. Softirq only.
public final class TrafficSource: @unchecked Sendable {
    /// Most fragments in one skb, `MAX_SKB_FRAGS`.
    public static let mostFrags = 17

    private let fragBytes: Int
    private let fragsPerNiov: Int
    private let contents: [StreamContent]
    private let depth: StreamContent.Depth
    private let positions: UnsafeMutablePointer<UInt64>
    private let frags = UnsafeMutableBufferPointer<Frag>.allocate(capacity: TrafficSource.mostFrags)

    /// Streams for `flows` flows in fragments of `fragBytes`, a multiple of 8 up to 4096.
    public init(flows: Int, fragBytes: Int, seed: UInt64, depth: StreamContent.Depth) {
        self.fragBytes = fragBytes
        self.depth = depth
        fragsPerNiov = Binding.niovBytes / fragBytes
        contents = (0..<flows).map { StreamContent(seed: seed, flow: $0) }
        positions = .allocate(capacity: flows)
        positions.initialize(repeating: 0, count: flows)
    }

    deinit {
        positions.deallocate()
        frags.deallocate()
    }

    /// Receives up to `most` fragments of `flow` into its socket's queue, as one skb.
    ///
    /// - Returns: how many were queued; fewer when the window is full or the pool is exhausted.
    func receive(_ most: Int, flow: Int, on socket: Socket, from binding: Binding) -> Int {
        let wanted = min(most, socket.queue.room, frags.count)
        var filled = 0
        while filled < wanted, let niov = binding.pool.allocate() {
            let here = min(fragsPerNiov, wanted - filled)
            // Each fragment in the skb holds the buffer; the allocation brought the first reference.
            if here > 1 { binding.niovs[niov].pointee.poolReferences.wrappingAdd(here - 1, ordering: .relaxed) }
            for piece in 0..<here {
                let frag = Frag(niov: niov, offset: UInt32(piece * fragBytes), size: UInt32(fragBytes))
                let bytes = UnsafeMutableRawBufferPointer(
                    start: binding.memory.base + Int(frag.dmabufOffset), count: fragBytes)
                contents[flow].write(at: positions[flow], to: bytes, depth: depth)
                positions[flow] &+= UInt64(fragBytes)
                frags[filled] = frag
                filled += 1
            }
        }
        socket.queue.append(UnsafeBufferPointer(rebasing: frags[..<filled]))
        return filled
    }
}
