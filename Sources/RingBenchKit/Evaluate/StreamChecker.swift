import RingKernelModel

/// Follows every flow's stream on the receiving side and compares each fragment's bytes with what the source wrote, at
/// the moment the consumer reads them.
struct StreamChecker: ~Copyable {
    private let contents: [StreamContent]
    private let depth: StreamContent.Depth
    private let payload: UnsafeRawBufferPointer
    private let positions: UnsafeMutablePointer<UInt64>
    /// Fragments whose bytes were not those of the stream, or that lay outside the dmabuf.
    private(set) var corrupt = 0

    init(load: Load, depth: StreamContent.Depth, payload: UnsafeRawBufferPointer) {
        contents = (0..<load.flows).map { StreamContent(seed: load.seed, flow: $0) }
        self.depth = depth
        self.payload = payload
        positions = .allocate(capacity: load.flows)
        positions.initialize(repeating: 0, count: load.flows)
    }

    deinit { positions.deallocate() }

    /// Checks the next fragment of `flow`.
    @inline(__always)
    mutating func check(_ frag: ReceivedFrag, flow: Int) {
        let end = frag.offset &+ UInt64(frag.size)
        guard contents.indices.contains(flow), end >= frag.offset, end <= UInt64(payload.count) else {
            corrupt += 1
            return
        }
        let bytes = UnsafeRawBufferPointer(rebasing: payload[Int(frag.offset)..<Int(end)])
        if !contents[flow].matches(at: positions[flow], bytes, depth: depth) { corrupt += 1 }
        positions[flow] &+= UInt64(frag.size)
    }
}
