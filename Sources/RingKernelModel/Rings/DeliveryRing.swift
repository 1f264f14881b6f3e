import CTokenRing
import TokenRing

/// The kernel's end of a delivery ring: moves fragments from sockets' queues into entries. The ring set's lock is held
/// around every call.
final class DeliveryRing: @unchecked Sendable {
    private let ring: UnsafeMutablePointer<ProducerRing<MappedRingMemory<FragDescriptor>>>
    private let binding: Binding
    private let bookkeeping: any TokenBookkeeping
    private let owner: TokenOwner
    private let joins: Bool
    /// Whether our flags word asks the consumer for a kick.
    private var asksForKick = false
    /// Times that there was no room.
    private(set) var full: UInt64 = 0

    init(
        _ region: RingRegion, number: Int, binding: Binding, owner: TokenOwner, joins: Bool
    ) throws(RegionError) {
        self.binding = binding
        self.owner = owner
        self.joins = joins
        bookkeeping = binding.bookkeeping
        let producer = try region.takeProducer(of: number, entry: FragDescriptor.self)
        ring = .allocate(capacity: 1)
        ring.initialize(to: producer)
    }

    deinit {
        ring.deinitialize(count: 1)
        ring.deallocate()
    }

    var statistics: RingStatistics { ring.pointee.statistics }

    /// Moves what the sockets have queued into the ring, as far as there is room.
    ///
    /// What does not fit stays in its socket's queue with no token made, and the flags word asks the consumer for a kick
    /// (S16, R19).
    ///
    /// - Returns: fragments delivered.
    func deliver(_ sockets: [Socket], cost: inout CostMeter) -> Int {
        var delivered = 0
        while true {
            var isFull = false
            for socket in sockets {
                if deliverQueue(of: socket, &delivered, &cost) == .full { isFull = true }
            }
            guard isFull else {
                stopAsking()
                return delivered
            }
            // Still set from the last time, or set now and the ring is still full: the consumer will kick us.
            if asksForKick || ring.pointee.prepareToSleep() {
                if !asksForKick { full &+= 1 }
                asksForKick = true
                return delivered
            }
        }
    }

    /// Clears our flags word, and touches it only when it is set: the consumer has it cached.
    private func stopAsking() {
        guard asksForKick else { return }
        ring.pointee.finishSleep()
        asksForKick = false
    }

    /// A socket that never received from a dying binding is not served (B1).
    private func mayReceive(_ socket: Socket) -> Bool {
        !socket.isClosed && socket.owner.admit(binding, bookkeeping: bookkeeping, joins: joins) == .admitted
    }

    /// What came of one batch.
    private enum Step: Equatable {
        case moved(Int)
        /// The ring has no room: whoever makes some is asked for a kick.
        case full
        /// Nothing is queued, or what is in front may not go into this ring. Room would change nothing.
        case done
    }

    private func deliverQueue(of socket: Socket, _ delivered: inout Int, _ cost: inout CostMeter) -> Step {
        while true {
            let start = CostMeter.start()
            let step = deliverBatch(of: socket)
            guard case .moved(let moved) = step else { return step }
            cost.add(since: start, tokens: moved)
            delivered += moved
        }
    }

    private func deliverBatch(of socket: Socket) -> Step {
        withUnsafeTemporaryAllocation(of: Frag.self, capacity: TrafficSource.mostFrags) { frags in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: TrafficSource.mostFrags) { tokens in
                let queued = socket.queue.peek(into: frags)
                // Looked at after the queue: a socket without data does not become a user of the binding.
                guard queued > 0, mayReceive(socket), let names = tokens.baseAddress else { return .done }
                if frags[0].kind == .linear { return announce(frags[0], of: socket) }
                let ours = ownFrags(frags[..<queued])
                guard ours > 0 else { return .done }
                let slots = ring.pointee.reserve(upTo: UInt32(ours))
                guard !slots.isEmpty else { return .full }
                let batch = UnsafeBufferPointer(rebasing: frags[..<Int(slots.count)])
                let issued = bookkeeping.issue(batch, of: ours, to: owner, tokens: names)
                ring.pointee.cancel(slots.count - UInt32(issued))
                for position in 0..<issued {
                    let frag = batch[position]
                    let isLast = position == issued - 1
                    ring.pointee.write(
                        FragDescriptor(
                            frag_offset: frag.dmabufOffset, frag_size: frag.size, frag_token: names[position],
                            socket_cookie: socket.cookie, flags: isLast ? UInt32(TOKEN_RING_FRAG_LAST) : 0, reserved: 0),
                        at: slots[UInt32(position)])
                }
                ring.pointee.submit(UInt32(issued))
                socket.queue.advance(issued)
                // The skb is eaten. A kick comes from process context, so never straight into the softirq cache.
                for frag in batch[..<issued] { frag.free(inSoftirq: false) }
                return issued > 0 ? .moved(issued) : .done
            }
        }
    }

    /// How many fragments at the front are of this binding: a ring belongs to one (R9).
    private func ownFrags(_ frags: Slice<UnsafeMutableBufferPointer<Frag>>) -> Int {
        let ours = Unmanaged.passUnretained(binding.pool).toOpaque()
        var count = 0
        for frag in frags {
            guard frag.kind == .dmabuf, frag.pool?.toOpaque() == ours else { break }
            count += 1
        }
        return count
    }

    /// An entry without a token: so many bytes are in the socket, recv() them.
    private func announce(_ frag: Frag, of socket: Socket) -> Step {
        // Nothing more is announced before the bytes are read; recv() goes on with the delivery.
        guard socket.announced.room > 0 else { return .done }
        let slot = ring.pointee.reserve(1)
        guard !slot.isEmpty else { return .full }
        withUnsafePointer(to: frag) { socket.announced.append(UnsafeBufferPointer(start: $0, count: 1)) }
        socket.queue.advance(1)
        ring.pointee.write(
            FragDescriptor(
                frag_offset: 0, frag_size: frag.size, frag_token: 0, socket_cookie: socket.cookie,
                flags: UInt32(TOKEN_RING_FRAG_LINEAR), reserved: 0),
            at: slot.first)
        ring.pointee.submit(1)
        return .moved(1)
    }
}
