import RingKernelModel

/// Follows every flow's stream on the receiving side and compares each fragment's bytes with what the source wrote, at
/// the moment the consumer reads them.
///
/// One for a run. Where in its stream a fragment begins is decided by the order in which fragments are taken, so `place` is
/// called by whoever takes them, under the ring's lock where threads share one; `matches` may then run at any time.
final class StreamChecker: @unchecked Sendable {
    private let contents: UnsafeMutablePointer<StreamContent>
    private let positions: UnsafeMutablePointer<UInt64>
    private let flows: Int
    private let depth: StreamContent.Depth
    private let payload: UnsafeRawBufferPointer

    /// Flows' positions are this many words apart: another thread's flow is on another cache line.
    private static let stride = 8

    init(load: Load, depth: StreamContent.Depth, payload: UnsafeRawBufferPointer) {
        flows = load.flows
        self.depth = depth
        self.payload = payload
        contents = .allocate(capacity: load.flows)
        for flow in 0..<load.flows { (contents + flow).initialize(to: StreamContent(seed: load.seed, flow: flow)) }
        positions = .allocate(capacity: load.flows * Self.stride)
        positions.initialize(repeating: 0, count: load.flows * Self.stride)
    }

    deinit {
        contents.deallocate()
        positions.deallocate()
    }

    /// Says where in their streams the first `count` fragments of `batch` begin. Not inlined: scripts/instructions.py leaves it out.
    @inline(never)
    func place(_ batch: borrowing FragmentBatch, _ count: Int) {
        for index in 0..<count where batch.flows[index] < UInt64(flows) {
            let position = positions + Int(batch.flows[index]) * Self.stride
            batch.positions[index] = position.pointee
            position.pointee &+= UInt64(batch.frags[index].size)
        }
    }

    /// How many of the first `count` fragments do not hold the bytes of their stream, lie outside the dmabuf, or belong to
    /// no flow. Not inlined, as above.
    @inline(never)
    func corrupt(_ batch: borrowing FragmentBatch, _ count: Int) -> Int {
        var wrong = 0
        for index in 0..<count where !matches(batch.frags[index], batch.flows[index], at: batch.positions[index]) {
            wrong += 1
        }
        return wrong
    }

    @inline(__always)
    private func matches(_ frag: ReceivedFrag, _ flow: UInt64, at position: UInt64) -> Bool {
        let end = frag.offset &+ UInt64(frag.size)
        guard flow < UInt64(flows), end >= frag.offset, end <= UInt64(payload.count) else { return false }
        let bytes = UnsafeRawBufferPointer(rebasing: payload[Int(frag.offset)..<Int(end)])
        return contents[Int(flow)].matches(at: position, bytes, depth: depth)
    }
}
