import CTokenRing
import Glibc
import TokenRing

/// The model kernel: one binding, its sockets, and one proposal's way to hand buffers out and take them back.
///
/// Entry points are named after what they stand for and return what the kernel returns: a count or -errno. `softirq`
/// belongs to one thread; the others may be called from application threads at the same time, one thread per socket.
public final class Kernel: @unchecked Sendable {
    /// What is modelled.
    public let composition: Composition
    /// The dmabuf and its buffers.
    public let binding: Binding
    /// One socket a flow.
    public let sockets: [Socket]
    /// The mapped rings, if the composition has them.
    public let ringSet: RingSet?

    private let bookkeeping: any TokenBookkeeping
    private let traffic: TrafficSource
    private let socketMeters: UnsafeMutablePointer<(issue: CostMeter, release: CostMeter)>

    /// How a kernel is set up.
    public struct Configuration: Sendable {
        /// TCP flows, one socket each.
        public var flows = 4
        /// Payload bytes of a fragment; a multiple of 8 up to 4096.
        public var fragBytes = 4096
        /// Buffers in the binding.
        public var niovs = 32768
        /// Fragments that a socket queues before its receive window closes.
        public var windowFrags = 128
        /// Entries of the delivery ring.
        public var deliveryEntries: UInt32 = 1024
        /// Entries of the return ring.
        public var returnEntries: UInt32 = 4096
        /// Where ring indices start; near 2^32 to see them wrap.
        public var startIndex: UInt32 = 0
        /// Decides the content of every stream.
        public var seed: UInt64 = 1
        /// How much of each fragment is written.
        public var depth: StreamContent.Depth = .stamps

        /// The default load of the mail threads: 4 flows, 4 KiB fragments, 128 MiB.
        public init() {}
    }

    /// Binds a dmabuf and opens the sockets and rings.
    ///
    /// - Throws: `RegionError` when memory or a ring cannot be had; it names the field.
    public init(_ composition: Composition, _ configuration: Configuration = Configuration()) throws(RegionError) {
        self.composition = composition
        do throws(SystemCallError) {
            binding = try Binding(niovCount: configuration.niovs)
        } catch {
            throw .system(error)
        }
        bookkeeping = composition.bookkeeping.make(binding)
        sockets = (0..<configuration.flows).map {
            Socket(cookie: UInt64($0), windowFrags: configuration.windowFrags)
        }
        traffic = TrafficSource(
            flows: configuration.flows, fragBytes: configuration.fragBytes, seed: configuration.seed,
            depth: configuration.depth)
        ringSet =
            composition.topology == .none
            ? nil
            : try RingSet(
                binding: binding, bookkeeping: bookkeeping, deliveryEntries: configuration.deliveryEntries,
                returnEntries: configuration.returnEntries, startIndex: configuration.startIndex)
        socketMeters = .allocate(capacity: 1)
        socketMeters.initialize(to: (CostMeter(), CostMeter()))
        if let ringSet {
            _ = binding.join()
            binding.pool.provider = { [unowned ringSet] in ringSet.refill() }
        }
    }

    deinit { socketMeters.deallocate() }

    // MARK: softirq

    /// One NAPI poll: receives up to `burst` fragments of a flow as one skb and delivers what a ring can take.
    ///
    /// - Returns: fragments that came in, and fragments that went into the delivery ring.
    public func softirq(flow: Int, burst: Int) -> (received: Int, delivered: Int) {
        let received = burst > 0 ? traffic.receive(burst, flow: flow, on: sockets[flow], from: binding) : 0
        return (received, ringSet?.deliver(sockets) ?? 0)
    }

    // MARK: system calls

    /// `recvmsg(MSG_SOCK_DEVMEM)`: up to `length` bytes, a control message for each fragment.
    ///
    /// -ENODEV if the binding is dying and this socket never received from it (B1), -ETOOSMALL if not even one control
    /// message fits, -EAGAIN if nothing is queued.
    public func recvmsg(on flow: Int, length: Int, control: UnsafeMutableRawBufferPointer) -> ReceiveResult {
        let socket = sockets[flow]
        if composition.cleanUp == .lastUser, !socket.join(binding) {
            return ReceiveResult(bytes: -Int(ENODEV), controlBytes: 0)
        }
        let start = CostMeter.start()
        let result = ReceiveMessage.run(
            on: socket, length: length, control: control, binding: binding, bookkeeping: bookkeeping)
        if result.bytes > 0 {
            socketMeters.pointee.issue.add(since: start, tokens: result.controlBytes / ControlMessages.space)
        }
        return result
    }

    /// `setsockopt(SO_DEVMEM_DONTNEED)` with an array of `struct dmabuf_token`.
    ///
    /// - Returns: fragments taken back, or -EINVAL.
    public func dontNeed(on flow: Int, _ argument: UnsafeRawBufferPointer) -> Int {
        let start = CostMeter.start()
        let result = DontNeed.run(
            argument, on: sockets[flow], bookkeeping: bookkeeping, requiresUser: composition.cleanUp == .lastUser)
        if result > 0 { socketMeters.pointee.release.add(since: start, tokens: result) }
        return result
    }

    /// The flush call: takes back what is in the return ring now. For a full ring, and at the end.
    ///
    /// - Returns: tokens taken back, or -EOPNOTSUPP without rings.
    public func flush() -> Int { ringSet?.flush() ?? -Int(EOPNOTSUPP) }

    /// The wakeup call: delivers what waits in the sockets' queues into the room that was made.
    ///
    /// - Returns: fragments delivered, or -EOPNOTSUPP without rings.
    public func kick() -> Int { ringSet?.deliver(sockets) ?? -Int(EOPNOTSUPP) }

    /// Closes a socket: what it has queued is freed, and its tokens as the composition says.
    public func close(_ flow: Int) {
        let socket = sockets[flow]
        withUnsafeTemporaryAllocation(of: Frag.self, capacity: TrafficSource.mostFrags) { frags in
            while case let queued = socket.queue.peek(into: frags), queued > 0 {
                socket.queue.advance(queued)
                for frag in frags[..<queued] { binding.pool.drop(frag.niov, inSoftirq: false) }
            }
        }
        bookkeeping.close(socket)
        socket.leave(binding)
    }

    /// Closes the ring set's descriptor. No token comes back through it afterwards.
    public func closeRings() {
        guard ringSet != nil, binding.pool.provider != nil else { return }
        _ = flush()
        binding.pool.provider = nil
        binding.leave()
    }

    // MARK: the books

    /// Returned tokens that were refused, by cause.
    public var refusals: Refusals { bookkeeping.refusals }

    /// What issuing and taking back have cost the kernel side. Exact only when no thread is in the model.
    public var costs: (issue: CostMeter, release: CostMeter) { ringSet?.costs ?? socketMeters.pointee }
}
