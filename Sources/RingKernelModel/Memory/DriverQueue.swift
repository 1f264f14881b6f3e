import TokenRing

/// A receive queue with a real driver below it: the binding's net_iovs are the driver's receive buffers, as with any memory
/// provider, and real packets come into them.
///
/// The driver takes free buffers from the page pool and posts them - to AF_XDP's FILL ring, which is a NIC's descriptor ring
/// behind a system call boundary - and says which of them packets came into. A packet goes to its socket and, if nothing waits
/// there, straight on into the delivery ring. One thread, which is softirq; everything happens between `beginPoll` and `endPoll`.
public final class DriverQueue {
    /// Packets of one pass over a socket, `NAPI_POLL_WEIGHT`.
    public static let budget = 64

    private let kernel: Kernel
    private let binding: Binding
    /// The kernel's and the binding's, which keep them: softirq counts no references.
    private let device: Unmanaged<NetDevice>
    private let pool: Unmanaged<PagePool>

    /// Packets that were in no posted buffer, or longer than it: a broken invariant.
    public private(set) var strayPackets: UInt64 = 0

    /// The queue that `binding` is bound to.
    public init(_ kernel: Kernel, _ binding: Binding) {
        self.kernel = kernel
        self.binding = binding
        device = .passUnretained(kernel.device)
        pool = .passUnretained(binding.pool)
        binding.pool.provider.pointee.hasDriver = true
    }

    /// The driver's poll begins: NAPI is held until `endPoll`.
    public func beginPoll() { device._withUnsafeGuaranteedRef { $0.napi.lock() } }

    /// The driver's poll is over.
    public func endPoll() { device._withUnsafeGuaranteedRef { $0.napi.unlock() } }

    /// Takes free buffers for the driver to post. When the pool has none at hand, return rings are looked at.
    ///
    /// - Parameter addresses: room for byte offsets in the binding's memory.
    /// - Returns: how many were written.
    public func allocate(_ addresses: UnsafeMutableBufferPointer<UMEMAddress>) -> Int {
        pool._withUnsafeGuaranteedRef {
            let isPosted = $0.niovs.isPosted
            return $0.allocate(upTo: addresses.count) { niov, number in
                isPosted[Int(niov.pointee.index)] = true
                addresses[number] = niov.pointee.dmabufOffset
            }
        }
    }

    /// `allocate` will follow soon: the entries of return rings are fetched, which other cores wrote.
    public func fetchReturns() { pool._withUnsafeGuaranteedRef { $0.provider.pointee.fetchReturns() } }

    /// `allocate` will follow next: the buffers that came back are fetched.
    public func fetchReturnedBuffers() { pool._withUnsafeGuaranteedRef { $0.provider.pointee.fetchReturnedBuffers() } }

    /// The driver has no buffer posted and there is none to post: packets are dropped until one comes back.
    public func reportStarvation() { binding.pool.reportExhausted() }

    /// What became of packets.
    public struct Received {
        /// How many were taken, from the front. 0 for a closed socket.
        public let taken: Int
        /// Whether the consumer may sleep: `finishPoll` has to follow then.
        public let mayWake: Bool
    }

    /// Packets came into buffers that `allocate` gave, one each, for a socket of the kernel. What has no room in its ring or
    /// queue is dropped, and its buffer is free again.
    ///
    /// - Parameter packets: read once, and only when there is room for them: they may still be on their way from the NIC's core.
    public func receive(_ packets: UnsafeBufferPointer<XDPDescriptor>, for socket: Socket) -> Received {
        let packets = DriverPackets(packets, of: binding)
        var delivered = 0
        var mayWake = false
        // Past the socket's queue. Only we append to that, so an empty one stays empty and order is kept.
        if !socket.isClosed, socket.queue.isEmptyLockless, let ringSet = socket.unretainedRingSet {
            mayWake = ringSet._withUnsafeGuaranteedRef { $0.mayWake }
            delivered = ringSet._withUnsafeGuaranteedRef { $0.deliver(packets, of: socket) }
        }
        if _slowPath(delivered < packets.count) {
            delivered &+= queueOrDrop(packets.dropFirst(delivered), for: socket)
        }
        return Received(taken: delivered, mayWake: mayWake)
    }

    /// The end of the driver's poll for a socket that got packets: wakes its consumer if it sleeps.
    public func finishPoll(for socket: Socket) {
        socket.unretainedRingSet?._withUnsafeGuaranteedRef { $0.wakeConsumer() }
    }

    /// Buffers that are posted. Exact only when no thread is in the model.
    public var posted: Int {
        (0..<binding.niovs.count).count { binding.niovs.isPosted[$0] }
    }

    /// Into the socket's queue, as far as there is room; what has none is dropped, and what is in no posted buffer is counted. The
    /// consumer is asked for a kick if its ring is still full.
    ///
    /// - Returns: how many were queued.
    @inline(never)
    private func queueOrDrop(_ packets: DriverPackets, for socket: Socket) -> Int {
        let ringSet = socket.isClosed ? nil : socket.ringSet
        var room = ringSet == nil ? 0 : socket.queue.room
        var queued = 0
        for position in 0..<packets.count {
            guard let packet = packets.take(position) else {
                strayPackets &+= 1
                continue
            }
            let frag = packets.frag(packet)
            if room > 0 {
                socket.queue.append(frag)
                room -= 1
                queued += 1
            } else {
                frag.free(inSoftirq: true)
            }
        }
        _ = ringSet?.deliver(socket)
        return queued
    }
}
