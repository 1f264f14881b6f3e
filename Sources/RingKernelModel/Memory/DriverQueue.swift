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
    private let frags = UnsafeMutableBufferPointer<Frag>.allocate(capacity: DriverQueue.budget)

    /// The queue that `binding` is bound to.
    public init(_ kernel: Kernel, _ binding: Binding) {
        self.kernel = kernel
        self.binding = binding
        device = .passUnretained(kernel.device)
        pool = .passUnretained(binding.pool)
        binding.pool.provider.pointee.isTimed = false
    }

    deinit { frags.deallocate() }

    /// The driver's poll begins: NAPI is held until `endPoll`.
    public func beginPoll() { device._withUnsafeGuaranteedRef { $0.napi.lock() } }

    /// The driver's poll is over.
    public func endPoll() { device._withUnsafeGuaranteedRef { $0.napi.unlock() } }

    /// Takes free buffers for the driver to post. When the pool has none at hand, return rings are looked at.
    ///
    /// - Parameter addresses: room for byte offsets in the binding's memory.
    /// - Returns: how many were written.
    public func allocate(_ addresses: UnsafeMutableBufferPointer<UMEMAddress>) -> Int {
        var count = 0
        return pool._withUnsafeGuaranteedRef {
            $0.allocate(upTo: addresses.count) { niov in
                addresses[count] = niov.pointee.dmabufOffset
                count &+= 1
            }
        }
    }

    /// The driver has no buffer posted and there is none to post: packets are dropped until one comes back.
    public func reportStarvation() { binding.pool.reportExhausted() }

    /// Packets came into buffers that `allocate` gave, one each, for a socket of the kernel. What has no room in its ring or
    /// queue is dropped, and its buffer is free again. `finishPoll` has to follow.
    ///
    /// - Returns: how many were taken, from the front. 0 for a closed socket.
    public func receive(_ packets: UnsafeBufferPointer<XDPDescriptor>, for socket: Socket) -> Int {
        let niovs = NetIOVs(binding)
        var done = 0
        while done < packets.count {
            let count = min(frags.count, packets.count &- done)
            for position in 0..<count {
                let frag = niovs.frag(packets[done &+ position])
                frag.niov?.prefetch()
                frags[position] = frag
            }
            let batch = UnsafeBufferPointer(start: frags.baseAddress, count: count)
            var taken = deliver(batch, to: socket)
            if taken < count { taken &+= queue(UnsafeBufferPointer(rebasing: batch[taken...]), for: socket) }
            done &+= taken
            guard taken == count else {
                drop(UnsafeBufferPointer(rebasing: packets[done...]), niovs)
                break
            }
        }
        // Buffers are posted and received into in order, and mostly lie in order.
        if let last = packets.last { niovs.prefetch(behind: last) }
        return done
    }

    /// The end of the driver's poll: wakes who sleeps for what `receive` delivered to a socket.
    public func finishPoll(for socket: Socket) {
        socket.unretainedRingSet?._withUnsafeGuaranteedRef { $0.wakeConsumer() }
    }

    /// The binding's net_iovs as a loop has them in registers.
    private struct NetIOVs {
        private let table: NetIOVTable
        /// A net_iov's size is a power of two.
        private let shift: UInt64

        init(_ binding: Binding) {
            table = binding.niovs
            shift = UInt64(truncatingIfNeeded: binding.niovBytes.trailingZeroBitCount)
        }

        /// Fetches what the next packets will probably be received into.
        @inline(__always)
        func prefetch(behind packet: XDPDescriptor) {
            table.prefetch(2, from: NetIOVIndex(truncatingIfNeeded: packet.address &>> shift) &+ 1)
        }

        @inline(__always)
        func frag(_ packet: XDPDescriptor) -> Frag {
            let index = packet.address &>> shift
            return Frag(
                niov: table[NetIOVIndex(truncatingIfNeeded: index)],
                offset: UInt32(truncatingIfNeeded: packet.address &- index &<< shift), size: packet.length)
        }
    }

    /// Past the socket's queue. Only we append to that, so an empty one stays empty and order is kept.
    @inline(__always)
    private func deliver(_ batch: UnsafeBufferPointer<Frag>, to socket: Socket) -> Int {
        guard !socket.isClosed, socket.queue.isEmptyLockless, let ringSet = socket.unretainedRingSet else { return 0 }
        return ringSet._withUnsafeGuaranteedRef { $0.deliver(batch, of: socket) }
    }

    /// Into the socket's queue, as far as there is room. The consumer is asked for a kick if its ring is still full.
    @inline(never)
    private func queue(_ batch: UnsafeBufferPointer<Frag>, for socket: Socket) -> Int {
        guard !socket.isClosed, let ringSet = socket.ringSet else { return 0 }
        let queued = min(socket.queue.room, batch.count)
        socket.queue.append(UnsafeBufferPointer(rebasing: batch[..<queued]))
        _ = ringSet.deliver(socket)
        return queued
    }

    @inline(never)
    private func drop(_ packets: UnsafeBufferPointer<XDPDescriptor>, _ niovs: NetIOVs) {
        for packet in packets { niovs.frag(packet).free(inSoftirq: true) }
    }
}
