import Glibc

/// What recvmsg on a devmem socket returned.
public struct ReceiveResult: Hashable, Sendable {
    /// Bytes of payload described or copied, or -errno.
    public var bytes: Int
    /// `msg_controllen` after the call.
    public var controlBytes: Int
    /// Tokens that were given.
    public internal(set) var tokens = 0
    /// `MSG_CTRUNC` was set.
    public var isTruncated = false
}

/// `tcp_recvmsg_dmabuf()` of net/ipv4/tcp.c: a control message for each fragment, a token in each.
///
/// Errors are those of the kernel; once something was delivered the call returns that instead (sources.md 2.1).
struct ReceiveMessage: ~Copyable {
    /// `ETOOSMALL`, which user space sees as 525.
    static let tooSmall = 525
    /// Fragments handled at a time.
    private static let batch = TrafficSource.mostFrags

    private unowned(unsafe) let kernel: Kernel
    private unowned(unsafe) let socket: Socket
    /// Whom the tokens are given; nil for nobody, then fragments in a dmabuf are -EFAULT.
    private unowned(unsafe) let owner: TokenOwner?
    /// Bytes asked for.
    let length: Int
    let control: UnsafeMutableRawBufferPointer
    /// Where linear and normal bytes are copied; nil as `iov_base` NULL.
    let memory: UnsafeMutableRawBufferPointer?
    /// As in RFC v3: control messages that do not fit vanish.
    let truncates: Bool
    private var result = ReceiveResult(bytes: 0, controlBytes: 0)

    /// Why nothing could be delivered.
    struct ReceiveError: Error { let errno: Int32 }

    /// A call on `socket` of `kernel`, whose caller holds both: nothing here counts references, which every thread of the model
    /// would write.
    init(
        _ kernel: Kernel, on socket: Socket, for owner: TokenOwner?, length: Int,
        control: UnsafeMutableRawBufferPointer, memory: UnsafeMutableRawBufferPointer?
    ) {
        self.kernel = kernel
        self.socket = socket
        self.owner = owner
        self.length = length
        self.control = control
        self.memory = memory
        truncates = kernel.composition.delivery == .controlMessagesTruncated
    }

    /// Receives with MSG_SOCK_DEVMEM.
    consuming func run() -> ReceiveResult {
        withUnsafeTemporaryAllocation(of: Frag.self, capacity: Self.batch) { frags in
            while result.bytes < length {
                let queued = socket.queue.peek(into: frags)
                guard queued > 0 else {
                    // 0 is the end of the stream.
                    if !socket.hasEnded { fail(EAGAIN) }
                    break
                }
                let goesOn =
                    switch frags[0].kind {
                    case .dmabuf: deliver(frags[..<queued])
                    case .linear: copyLinear(frags[0])
                    case .readable: fail(ENODEV)
                    // Devmem and normal skbs are never mixed in one call.
                    case .normal: result.bytes > 0 ? false : copyNormal(frags[0])
                    }
                guard goesOn else { break }
            }
        }
        return result
    }

    /// Receives without MSG_SOCK_DEVMEM: -EFAULT on devmem data.
    consuming func runPlain() -> ReceiveResult {
        withUnsafeTemporaryAllocation(of: Frag.self, capacity: 1) { frags in
            while result.bytes < length {
                guard socket.queue.peek(into: frags) > 0 else {
                    if !socket.hasEnded { fail(EAGAIN) }
                    break
                }
                guard frags[0].kind == .normal else {
                    fail(EFAULT)
                    break
                }
                guard copy(frags[0]) else { break }
            }
        }
        return result
    }

    /// The error, unless something was delivered already.
    @discardableResult
    private mutating func fail(_ errno: Int32) -> Bool {
        if result.bytes == 0 { result.bytes = -Int(errno) }
        return false
    }

    /// Hands out fragments of one binding. False when the call is over.
    private mutating func deliver(_ frags: Slice<UnsafeMutableBufferPointer<Frag>>) -> Bool {
        guard let owner else { return fail(EFAULT) }
        let bookkeeping: any TokenBookkeeping
        switch kernel.admit(frags[0], on: socket, for: owner) {
        case .success(let found): bookkeeping = found
        case .failure(let error): return fail(error.errno)
        }
        return withUnsafeTemporaryAllocation(of: Frag.self, capacity: Self.batch) { pieces in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.batch) { tokens in
                guard let names = tokens.baseAddress else { return false }
                let fitting = cut(frags, into: pieces)
                let room = (control.count - result.controlBytes) / ControlMessages.space
                let taken = truncates ? fitting : min(fitting, room)
                // The data stays queued and no token is made (sources.md C5).
                guard taken > 0 else { return fail(Int32(Self.tooSmall)) }
                let batch = UnsafeBufferPointer(rebasing: pieces[..<taken])
                let issued = bookkeeping.issue(batch, of: fitting, to: owner, tokens: names)
                result.tokens += issued
                put(batch[..<issued], names, room: room)
                consume(batch[..<issued], of: frags)
                guard issued == taken else { return fail(ENOMEM) }
                return taken == fitting
            }
        }
    }

    private mutating func put(_ frags: Slice<UnsafeBufferPointer<Frag>>, _ tokens: UnsafePointer<UInt32>, room: Int) {
        // They are all of one binding.
        let dmabufID = frags.first?.binding?.takeUnretainedValue().id ?? 0
        for (position, frag) in frags.enumerated() {
            result.bytes += Int(frag.size)
            guard position < room else {
                result.isTruncated = true
                continue
            }
            ControlMessages.put(
                frag, token: tokens[position], dmabufID: dmabufID, into: control, at: result.controlBytes)
            result.controlBytes += ControlMessages.space
        }
    }

    /// Takes what was handed out off the queue; the skb gives up its reference of each buffer that is done.
    private func consume(_ pieces: Slice<UnsafeBufferPointer<Frag>>, of frags: Slice<UnsafeMutableBufferPointer<Frag>>)
    {
        var whole = 0
        for (position, piece) in pieces.enumerated() {
            guard piece.size == frags[position].size else {
                socket.queue.advance(whole)
                socket.queue.consume(piece.size)
                whole = 0
                break
            }
            whole += 1
        }
        socket.queue.advance(whole)
        for (position, piece) in pieces.enumerated() where piece.size == frags[position].size {
            piece.free(inSoftirq: false)
        }
    }

    /// The fragments at the front that are of one binding and go into what is left of `length`; the last may be cut.
    private func cut(
        _ frags: Slice<UnsafeMutableBufferPointer<Frag>>, into pieces: UnsafeMutableBufferPointer<Frag>
    ) -> Int {
        let pool = frags[0].pool?.toOpaque()
        var left = length - result.bytes
        var count = 0
        for frag in frags where left > 0 {
            guard frag.kind == .dmabuf, frag.pool?.toOpaque() == pool else { break }
            pieces[count] = frag
            pieces[count].size = UInt32(min(left, Int(frag.size)))
            left -= Int(pieces[count].size)
            count += 1
        }
        return count
    }

    /// The linear part: copied, and announced by SCM_DEVMEM_LINEAR with nothing but its size.
    private mutating func copyLinear(_ frag: Frag) -> Bool {
        guard control.count - result.controlBytes >= ControlMessages.space else { return fail(Int32(Self.tooSmall)) }
        guard !kernel.faults.take(.linearCopy), memory != nil else { return fail(EFAULT) }
        let before = result.bytes
        let goesOn = copy(frag)
        ControlMessages.putLinear(size: UInt32(result.bytes - before), into: control, at: result.controlBytes)
        result.controlBytes += ControlMessages.space
        return goesOn
    }

    /// An skb without devmem: copied, no control message at all, and the call ends with it.
    private mutating func copyNormal(_ frag: Frag) -> Bool {
        guard memory != nil else { return fail(EFAULT) }
        _ = copy(frag)
        return false
    }

    private mutating func copy(_ frag: Frag) -> Bool {
        guard let memory, let bytes = frag.bytes else { return fail(EFAULT) }
        let count = min(Int(frag.size), length - result.bytes, memory.count - result.bytes)
        guard count > 0 else { return fail(EFAULT) }
        UnsafeMutableRawBufferPointer(rebasing: memory[result.bytes...]).copyMemory(
            from: UnsafeRawBufferPointer(start: bytes + Int(frag.offset), count: count))
        result.bytes += count
        if count == Int(frag.size) {
            socket.queue.advance(1)
            frag.free(inSoftirq: false)
        } else {
            socket.queue.consume(UInt32(count))
        }
        return true
    }
}
