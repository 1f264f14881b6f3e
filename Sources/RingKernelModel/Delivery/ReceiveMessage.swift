import Glibc

/// What recvmsg on a devmem socket returned.
public struct ReceiveResult: Hashable, Sendable {
    /// Bytes of payload described, or -errno.
    public var bytes: Int
    /// `msg_controllen` after the call.
    public var controlBytes: Int
}

/// `tcp_recvmsg_dmabuf()` of net/ipv4/tcp.c: a control message for each fragment, a token in each.
enum ReceiveMessage {
    /// `ETOOSMALL`, which user space sees as 525.
    static let tooSmall = 525
    /// Fragments handled at a time.
    private static let batch = TrafficSource.mostFrags

    static func run(
        on socket: Socket, length: Int, control: UnsafeMutableRawBufferPointer, binding: Binding,
        bookkeeping: any TokenBookkeeping
    ) -> ReceiveResult {
        var result = ReceiveResult(bytes: 0, controlBytes: 0)
        withUnsafeTemporaryAllocation(of: Frag.self, capacity: batch) { frags in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: batch) { tokens in
                while result.bytes < length {
                    let queued = socket.queue.peek(into: frags)
                    guard queued > 0 else { break }
                    let fitting = fit(frags[..<queued], into: length - result.bytes)
                    let room = (control.count - result.controlBytes) / ControlMessages.space
                    let taken = min(fitting, room)
                    guard taken > 0, let names = tokens.baseAddress else {
                        // The data stays queued and no token is made (sources.md C5).
                        if result.bytes == 0, fitting > 0 { result.bytes = -tooSmall }
                        return
                    }
                    let batch = UnsafeBufferPointer(rebasing: frags[..<taken])
                    bookkeeping.issue(batch, on: socket, tokens: names)
                    for (position, frag) in batch.enumerated() {
                        ControlMessages.put(frag, token: names[position], into: control, at: result.controlBytes)
                        result.controlBytes += ControlMessages.space
                        result.bytes += Int(frag.size)
                    }
                    socket.queue.advance(taken)
                    // The skb is eaten and gives up its references.
                    for frag in batch { binding.pool.drop(frag.niov, inSoftirq: false) }
                    if taken < queued { return }
                }
            }
        }
        if result.bytes == 0 { result.bytes = -Int(EAGAIN) }
        return result
    }

    /// How many whole fragments go into `length` bytes.
    private static func fit(_ frags: Slice<UnsafeMutableBufferPointer<Frag>>, into length: Int) -> Int {
        var bytes = 0
        var count = 0
        for frag in frags {
            bytes += Int(frag.size)
            if bytes > length { break }
            count += 1
        }
        return count
    }
}
