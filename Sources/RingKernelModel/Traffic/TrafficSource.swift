/// A socket's stream as far as it has come in.
struct Stream {
    let content: StreamContent
    /// Bytes so far.
    var position: UInt64 = 0
}

/// What arrives: the shape of one skb.
public struct Arrival: Sendable {
    /// Most fragments in one skb, `MAX_SKB_FRAGS`.
    public static let mostFrags = 17

    /// Fragments in the dmabuf.
    public var frags: Int
    /// Bytes that header split left in the skb head, before the fragments; a multiple of 8.
    public var linearBytes = 0
    /// What the fragments are made of. All but `.dmabuf` are errors of the flow steering or the driver.
    public var kind = Frag.Kind.dmabuf

    /// `frags` fragments in the dmabuf and nothing else.
    public init(frags: Int) { self.frags = frags }
}

/// What comes in from the wire: endless streams, one a socket, placed into net_iovs as a NIC with header split would.
///
/// Deterministic for a seed. Softirq only.
final class TrafficSource: @unchecked Sendable {
    /// Most fragments in one skb.
    static let mostFrags = Arrival.mostFrags

    private let fragBytes: Int
    private let depth: StreamContent.Depth
    private let frags = UnsafeMutableBufferPointer<Frag>.allocate(capacity: TrafficSource.mostFrags + 1)

    /// Streams in fragments of `fragBytes`, a multiple of 8.
    init(fragBytes: Int, depth: StreamContent.Depth) {
        self.fragBytes = fragBytes
        self.depth = depth
    }

    deinit { frags.deallocate() }

    /// Receives one skb into a socket's queue.
    ///
    /// - Returns: fragments queued, the linear part not counted; fewer than asked for when the window is full or the pool
    ///   is exhausted.
    func receive(_ arrival: Arrival, on socket: Socket, from binding: Binding?) -> Int {
        let room = socket.queue.room
        var filled = 0
        if arrival.linearBytes > 0, room > 0 {
            frags[0] = bytes(.linear, arrival.linearBytes, socket)
            filled = 1
        }
        let linear = filled
        let wanted = min(arrival.frags, Self.mostFrags, room - filled) + filled
        if arrival.kind == .dmabuf, let binding {
            fill(&filled, to: wanted, socket, binding)
        } else {
            while filled < wanted {
                frags[filled] = bytes(arrival.kind, fragBytes, socket)
                filled += 1
            }
        }
        socket.queue.append(UnsafeBufferPointer(rebasing: frags[..<filled]))
        return filled - linear
    }

    @inline(__always)
    private func fill(_ filled: inout Int, to wanted: Int, _ socket: Socket, _ binding: Binding) {
        let fragsPerNiov = max(1, binding.niovBytes / fragBytes)
        let size = min(fragBytes, binding.niovBytes)
        while filled < wanted, let niov = binding.pool.allocate() {
            let here = min(fragsPerNiov, wanted - filled)
            // Each fragment in the skb holds the buffer; the allocation brought the first reference.
            if here > 1 { niov.hold(here - 1) }
            for piece in 0..<here {
                let frag = Frag(niov: niov, offset: UInt32(piece * size), size: UInt32(size))
                write(socket, to: binding.memory.base + Int(frag.dmabufOffset), count: size)
                frags[filled] = frag
                filled += 1
            }
        }
    }

    private func bytes(_ kind: Frag.Kind, _ count: Int, _ socket: Socket) -> Frag {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 8)
        write(socket, to: bytes, count: count)
        return Frag(kind, bytes: bytes, size: UInt32(count))
    }

    @inline(__always)
    private func write(_ socket: Socket, to bytes: UnsafeMutableRawPointer, count: Int) {
        let stream = socket.stream
        stream.pointee.content.write(
            at: stream.pointee.position, to: UnsafeMutableRawBufferPointer(start: bytes, count: count), depth: depth)
        stream.pointee.position &+= UInt64(count)
    }
}
