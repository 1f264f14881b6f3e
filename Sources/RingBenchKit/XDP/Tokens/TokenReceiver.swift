import CTokenRing
import RingKernelModel
import TokenRing
import TokenRingXDP

/// The kernel's side of the chain on the receiving core: NIC, UMEM, model kernel, delivery rings, return rings, FILL ring.
///
/// The binding's dmabuf is the UMEM and its net_iovs are the chunks: the page pool's free buffers are posted to FILL, packets
/// that came into them become tokens in the delivery ring of their flow's consumer, and tokens that come back free their buffer
/// for FILL. Only offsets move.
struct TokenReceiver: ~Copyable {
    var receiver: XDPReceiver
    /// Whom lane i is for.
    private let sockets: [Socket]
    private let books: UnsafeMutablePointer<LaneBooks>
    /// Packets taken from RX, and their bytes.
    private(set) var received: UInt64 = 0
    private(set) var bytes: UInt64 = 0
    /// Buffers posted to FILL after they came back.
    private(set) var reposted: UInt64 = 0
    /// Buffers that the kernel has.
    private(set) var posted: UInt32
    /// What the receiving core spent on it, from RX to FILL; nothing if somebody else takes the time.
    private(set) var cost = CostMeter()
    private let isTimed: Bool

    /// Packets taken since FILL was last looked after.
    private var sinceRefill: UInt32 = 0
    /// Buffers that it is worth looking for what came back: a look costs a cache line of the consumer's. Drivers post in
    /// batches too (`I40E_RX_BUFFER_WRITE`).
    private let refillBatch: UInt32
    /// Packets of a pass at the most: a NAPI budget, or a batch where that is more.
    private let passPackets: UInt32

    private let driver: DriverQueue
    private let lanes: TokenLanes
    private let scratch: UnsafeMutableBufferPointer<UMEMAddress>

    /// The chain's end on a queue of an interface, in the calling thread's network namespace.
    ///
    /// - Parameters:
    ///   - binding: fresh, with `options.umemFrames` net_iovs; all of them are posted.
    ///   - sockets: one for each consumer.
    ///   - isTimed: whether it takes the time of each drain.
    init(
        interface: String, queue: UInt32, options: XDPOptions, kernel: Kernel, binding: Binding, sockets: [Socket],
        isTimed: Bool = true
    ) throws(Failure) {
        self.isTimed = isTimed
        driver = DriverQueue(kernel, binding)
        lanes = TokenLanes(count: sockets.count, capacity: max(Int(options.batchSize), DriverQueue.budget))
        scratch = .allocate(capacity: Int(options.umemFrames))
        self.sockets = sockets
        books = .allocate(capacity: sockets.count)
        for (lane, socket) in sockets.enumerated() {
            (books + lane).initialize(to: LaneBooks(socket: .passUnretained(socket)))
        }
        refillBatch = min(64, max(1, options.umemFrames / 4))
        passPackets = max(options.batchSize, UInt32(DriverQueue.budget))
        do throws(Failure) {
            // The receiver posts all chunks before it binds: they are no longer the pool's.
            driver.beginPoll()
            posted = UInt32(driver.allocate(scratch))
            driver.endPoll()
            receiver = try XDPReceiver(
                interface: interface, queue: queue, options: options, memory: binding.memory, provide: posted)
        } catch {
            lanes.destroy()
            scratch.deallocate()
            books.deallocate()
            throw error
        }
    }

    deinit {
        lanes.destroy()
        scratch.deallocate()
        books.deallocate()
    }

    /// What became of a lane's packets.
    struct LaneBooks {
        /// Whom it is for; the receiver keeps it, and its loop counts no references.
        fileprivate let socket: Unmanaged<Socket>
        /// Packets that the socket took.
        fileprivate(set) var delivered: UInt64 = 0
        /// Where they lie.
        fileprivate(set) var addresses = AddressDigest()
        /// Packets that the socket refused: closed, or no room in its ring and queue.
        fileprivate(set) var refused: UInt64 = 0
    }

    /// What became of a lane's packets.
    subscript(_ lane: Int) -> LaneBooks { books[lane] }

    /// Moves what is in RX to the consumers until a pass finds less than its budget or `quota` packets were taken; and what came
    /// back from them to FILL, once it may be a batch.
    ///
    /// - Returns: packets taken.
    mutating func drain(quota: UInt64 = 1 << 14) -> UInt64 {
        let start = isTimed ? CostMeter.start() : 0
        let before = reposted
        var taken: UInt64 = 0
        while taken < quota {
            let arrived = receiver.socket.receive.peek(upTo: passPackets)
            if arrived.isEmpty { break }
            // The kernel's core wrote these lines. They come while NAPI is taken, a locked instruction, which waits for loads
            // and not for fetches, and while buffers are taken back.
            receiver.socket.receive.fetch(arrived)
            posted &-= arrived.count
            taken &+= UInt64(arrived.count)
            sinceRefill &+= arrived.count
            driver.beginPoll()
            // What came back is taken first and posted last: the ring sets' locks wait then for no store to a line that another
            // core reads.
            let refill = takeBuffers(upTo: worthLookingFor)
            sort(arrived)
            handOver()
            post(refill)
            wakeConsumers()
            driver.endPoll()
            // As a driver does that did not use up its budget.
            if arrived.count < passPackets { break }
        }
        // As a driver that waits for a packet does not refill; but without buffers none comes.
        if taken == 0, isShort { takeBack() }
        if reposted != before, receiver.socket.fill.asksForWakeup() { receiver.wakeKernel() }
        received &+= taken
        if isTimed, taken > 0 || reposted != before { cost.add(since: start, tokens: Int(taken)) }
        return taken
    }

    /// Posts all that has come back by now, however little.
    mutating func takeBack() {
        driver.beginPoll()
        post(takeBuffers(upTo: .max))
        driver.endPoll()
    }

    /// Takes packets that were peeked from RX, `batchSize` at a time, into the lanes.
    private mutating func sort(_ arrived: RingBatch) {
        var position: UInt32 = 0
        while position < arrived.count {
            let batch = RingBatch(
                first: arrived[position], count: min(receiver.options.batchSize, arrived.count &- position))
            position &+= batch.count
            bytes &+= xdpSortLoop(batch, of: &receiver, into: lanes)
        }
    }

    private mutating func handOver() {
        for lane in 0..<lanes.count {
            let packets = lanes[lane]
            guard !packets.isEmpty else { continue }
            let taken = books[lane].socket._withUnsafeGuaranteedRef { driver.receive(packets, for: $0) }
            var digest = books[lane].addresses
            for packet in packets[..<taken] { digest.add(packet.address) }
            books[lane].addresses = digest
            books[lane].delivered &+= UInt64(taken)
            books[lane].refused &+= UInt64(packets.count &- taken)
        }
    }

    /// Wakes those that sleep and got packets: it may take a system call, so FILL comes first.
    private func wakeConsumers() {
        for lane in 0..<lanes.count where !lanes[lane].isEmpty {
            lanes.empty(lane)
            books[lane].socket._withUnsafeGuaranteedRef { driver.finishPoll(for: $0) }
        }
    }

    /// Whether less than half of the buffers are posted.
    private var isShort: Bool { posted < receiver.socket.geometry.frameCount / 2 }

    /// How many buffers to ask for in a pass: as many as came since the last time, once that is a batch. To look for more would
    /// mostly be to look in vain. All with several ring sets: the first would mostly have enough, and what lies in the others'
    /// would be missing.
    private var worthLookingFor: UInt32 {
        if isShort { return .max }
        guard sinceRefill >= refillBatch else { return 0 }
        return lanes.count == 1 ? sinceRefill : .max
    }

    /// Buffers that came back, and the slots of FILL that they are for.
    private struct Refill {
        var slots = RingBatch(first: RingIndex(0), count: 0)
        /// In `scratch`.
        var count = 0
    }

    /// Takes buffers that came back, `most` at the most.
    private mutating func takeBuffers(upTo most: UInt32) -> Refill {
        let wanted = min(most, receiver.socket.geometry.frameCount &- posted)
        guard wanted > 0 else { return Refill() }
        sinceRefill = 0
        let slots = receiver.socket.fill.reserve(upTo: wanted)
        receiver.socket.fill.claim(slots)
        let count = driver.allocate(UnsafeMutableBufferPointer(rebasing: scratch[..<Int(slots.count)]))
        if posted == 0, count == 0 { driver.reportStarvation() }
        return Refill(slots: slots, count: count)
    }

    private mutating func post(_ refill: Refill) {
        guard !refill.slots.isEmpty else { return }
        let given = xdpPostLoop(
            UnsafeBufferPointer(rebasing: scratch[..<refill.count]), to: refill.slots, of: &receiver)
        posted &+= given
        reposted &+= UInt64(given)
        receiver.returnedFrames = reposted
    }
}
