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
    /// Whom the lanes are for; kept here, as nothing that a pass does counts references.
    private let sockets: [Socket]
    /// Packets taken from RX.
    private(set) var received: UInt64 = 0
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
        lanes = TokenLanes(for: sockets, capacity: max(Int(options.batchSize), DriverQueue.budget))
        self.sockets = sockets
        refillBatch = min(64, max(1, options.umemFrames / 4))
        passPackets = max(options.batchSize, UInt32(DriverQueue.budget))
        do throws(Failure) {
            // The receiver posts all chunks before it binds: they are no longer the pool's.
            let chunks = UnsafeMutableBufferPointer<UMEMAddress>.allocate(capacity: Int(options.umemFrames))
            defer { chunks.deallocate() }
            driver.beginPoll()
            posted = UInt32(driver.allocate(chunks))
            driver.endPoll()
            receiver = try XDPReceiver(
                interface: interface, queue: queue, options: options, memory: binding.memory, provide: posted)
        } catch {
            lanes.destroy()
            throw error
        }
    }

    deinit { lanes.destroy() }

    /// What became of a consumer's packets.
    subscript(_ lane: Int) -> TokenLane { lanes[lane].pointee }

    /// Bytes of the packets taken from RX.
    var bytes: UInt64 { (0..<lanes.count).reduce(0) { $0 &+ lanes[$1].pointee.bytes } }

    /// Packets that came in no posted buffer.
    var strayPackets: UInt64 { driver.strayPackets }

    /// Where every frame is. Exact once the program is detached and RX is empty.
    mutating func account() -> UMEMAccount { receiver.account(heldByKernel: UInt32(driver.posted)) }

    /// Moves what is in RX to the consumers until a pass finds less than its budget or `quota` packets were taken; and what came
    /// back from them to FILL, once it may be a batch.
    ///
    /// - Returns: packets taken.
    mutating func drain(quota: UInt64 = 1 << 14) -> UInt64 {
        let start = isTimed ? CostMeter.start() : 0
        let before = reposted
        var taken: UInt64 = 0
        while taken < quota {
            let arrived = receiver.socket.receive.peekInPlace(upTo: passPackets)
            if arrived.isEmpty { break }
            // The kernel's core wrote these lines. They come while NAPI is taken, a locked instruction, which waits for loads
            // and not for fetches, while buffers are taken back, and while room is made for them.
            receiver.socket.receive.fetch(arrived)
            recordBatches(of: arrived.count)
            posted &-= arrived.count
            taken &+= UInt64(arrived.count)
            sinceRefill &+= arrived.count
            driver.beginPoll()
            // What came back is taken first and posted last: the ring sets' locks wait then for no store to a line that another
            // core reads.
            let refill = takeBuffers()
            let packets = receiver.socket.receive.entries(of: arrived)
            var mayWake = false
            if lanes.count == 1 {
                mayWake = handOver(packets, to: lanes[0])
            } else {
                sortByFlow(packets)
                for number in 0..<lanes.count where lanes[number].pointee.packets.count > 0 {
                    mayWake = handOver(lanes[number].pointee.packets, to: lanes[number]) || mayWake
                    lanes[number].pointee.empty()
                }
            }
            receiver.socket.receive.release(arrived.count)
            if !refill.slots.isEmpty { post(refill) }
            if mayWake { wakeConsumers() }
            // Where packets gather, all of it is near.
            if arrived.count < refillBatch / 4, sinceRefill &+ 2 &* arrived.count >= refillBatch {
                prepareToTakeBuffers(arrived.count)
            }
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
        var refill: Refill
        repeat {
            refill = takeBuffers(upTo: .max)
            post(refill)
        } while refill.count > 0
        driver.endPoll()
    }

    /// Books what was taken from RX, `batchSize` packets at the most as one batch.
    @inline(__always)
    private func recordBatches(of packets: UInt32) {
        var packets = packets
        while packets > receiver.options.batchSize {
            receiver.batches.record(receiver.options.batchSize)
            packets &-= receiver.options.batchSize
        }
        receiver.batches.record(packets)
    }

    /// Puts packets into the lanes of their flows.
    @inline(never)
    private func sortByFlow(_ packets: UnsafeBufferPointer<XDPDescriptor>) {
        let memory = UnsafeRawBufferPointer(
            start: receiver.socket.memory.base, count: receiver.socket.memory.byteCount)
        for position in 0..<packets.count {
            lanes.lane(of: packets[position], in: memory).pointee.append(packets[position])
        }
    }

    /// Packets for a lane's socket.
    ///
    /// - Returns: whether its consumer may have to be woken.
    @inline(__always)
    private func handOver(
        _ packets: UnsafeBufferPointer<XDPDescriptor>, to lane: UnsafeMutablePointer<TokenLane>
    ) -> Bool {
        let received = lane.pointee.socket._withUnsafeGuaranteedRef { driver.receive(packets, for: $0) }
        lane.pointee.book(packets, taken: received.taken)
        lane.pointee.mayWake = received.mayWake
        return received.mayWake
    }

    /// Wakes those that sleep and got packets: it may take a system call, so FILL comes first.
    @inline(never)
    private func wakeConsumers() {
        for number in 0..<lanes.count where lanes[number].pointee.mayWake {
            lanes[number].pointee.mayWake = false
            lanes[number].pointee.socket._withUnsafeGuaranteedRef { driver.finishPoll(for: $0) }
        }
    }

    /// Whether less than half of the buffers are posted.
    private var isShort: Bool { posted < receiver.socket.geometry.frameCount / 2 }

    /// Slots of FILL.
    private struct Refill {
        var slots = RingBatch.none
        /// How many of them have a buffer that came back.
        var count = 0
    }

    /// Takes what came back, if it is worth looking: as many as came since the last time, once that is a batch. To look for more
    /// would mostly be to look in vain. All with several ring sets: the first would mostly have enough, and what lies in the
    /// others' would be missing.
    @inline(__always)
    private mutating func takeBuffers() -> Refill {
        if _slowPath(isShort) { return takeBuffers(upTo: .max) }
        if _fastPath(sinceRefill < refillBatch) { return Refill() }
        return takeBuffers(upTo: lanes.count == 1 ? sinceRefill : .max)
    }

    /// Writes buffers that came back into FILL, `most` at the most; `post` has to follow.
    @inline(never)
    private mutating func takeBuffers(upTo most: UInt32) -> Refill {
        let slots = receiver.socket.fill.reserveInPlace(upTo: min(most, receiver.socket.geometry.frameCount &- posted))
        if slots.isEmpty { return Refill() }
        // What is left is for the slots at the beginning of the ring's memory, the next time.
        sinceRefill &-= min(slots.count, sinceRefill)
        receiver.socket.fill.claim(slots)
        let count = driver.allocate(receiver.socket.fill.slots(of: slots))
        if posted == 0, count == 0 { driver.reportStarvation() }
        return Refill(slots: slots, count: count)
    }

    /// The next pass but one will take buffers back, or already the next, if it is like this one: what it reads and writes then is
    /// fetched, first the rings' lines, which other cores have, then the buffers that are named there.
    @inline(never)
    private func prepareToTakeBuffers(_ packets: UInt32) {
        guard sinceRefill &+ packets >= refillBatch else { return driver.fetchReturns() }
        receiver.socket.fill.claimNext(sinceRefill &+ packets)
        driver.fetchReturnedBuffers()
    }

    /// Submits to the kernel what `takeBuffers` wrote.
    @inline(never)
    private mutating func post(_ refill: Refill) {
        let count = UInt32(truncatingIfNeeded: refill.count)
        receiver.socket.fill.cancel(refill.slots.count &- count)
        receiver.socket.fill.submit(count)
        posted &+= count
        reposted &+= UInt64(count)
        receiver.returnedFrames = reposted
    }
}
