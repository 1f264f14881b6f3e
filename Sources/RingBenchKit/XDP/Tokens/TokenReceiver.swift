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
    /// Whom lane i is for; and the same for the loop, which counts no references.
    private let sockets: [Socket]
    private let targets: UnsafeMutablePointer<Unmanaged<Socket>>
    /// What each lane's socket took: packets, and where they lie.
    private(set) var delivered: [UInt64]
    private(set) var addresses: [AddressDigest]
    /// Packets that a lane's socket refused: closed, or no room in its ring and queue.
    private(set) var refused: [UInt64]
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
        lanes = TokenLanes(count: sockets.count, capacity: Int(options.batchSize) + DriverQueue.budget)
        scratch = .allocate(capacity: Int(options.umemFrames))
        self.sockets = sockets
        targets = .allocate(capacity: sockets.count)
        for (lane, socket) in sockets.enumerated() { (targets + lane).initialize(to: .passUnretained(socket)) }
        refillBatch = min(64, max(1, options.umemFrames / 4))
        delivered = Array(repeating: 0, count: sockets.count)
        refused = delivered
        addresses = Array(repeating: AddressDigest(), count: sockets.count)
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
            targets.deallocate()
            throw error
        }
    }

    deinit {
        lanes.destroy()
        scratch.deallocate()
        targets.deallocate()
    }

    /// Moves what is in RX to the consumers until a pass finds less than its budget or `quota` packets were taken; and what came
    /// back from them to FILL, once it may be a batch.
    ///
    /// - Returns: packets taken.
    mutating func drain(quota: UInt64 = 1 << 14) -> UInt64 {
        let start = isTimed ? CostMeter.start() : 0
        let frames = AlignedFrames(of: receiver.socket)
        let before = reposted
        var taken: UInt64 = 0
        while taken < quota {
            var polled: UInt32 = 0
            while polled < DriverQueue.budget {
                let count = xdpSortLoop(
                    receive: &receiver.socket.receive, frames: frames, ledger: receiver.ledger, lanes: lanes,
                    violations: &receiver.violations, bytes: &bytes, batches: receiver.batches,
                    batchSize: receiver.options.batchSize)
                polled &+= count
                // Fewer than a batch: that was all.
                if count < receiver.options.batchSize { break }
            }
            if polled == 0 { break }
            posted &-= polled
            taken &+= UInt64(polled)
            sinceRefill &+= polled
            driver.beginPoll()
            // First what came back: nothing waits then for the stores to the delivery ring to be seen.
            if posted < receiver.socket.geometry.frameCount / 2 {
                refill(upTo: .max)
            } else if sinceRefill >= refillBatch {
                // As many as came: to look for more would mostly be to look in vain. With several ring sets all of them: the first
                // would mostly have enough, and what lies in the others' would be missing.
                refill(upTo: lanes.count == 1 ? sinceRefill : .max)
            }
            handOver()
            for lane in 0..<lanes.count { targets[lane]._withUnsafeGuaranteedRef { driver.finishPoll(for: $0) } }
            driver.endPoll()
            // As a driver does that did not use up its budget.
            if polled < DriverQueue.budget { break }
        }
        if taken == 0, receiver.socket.geometry.frameCount &- posted >= refillBatch { takeBack() }
        if reposted != before, receiver.socket.fill.asksForWakeup() { receiver.wakeKernel() }
        received &+= taken
        if isTimed, taken > 0 || reposted != before { cost.add(since: start, tokens: Int(taken)) }
        return taken
    }

    /// Posts all that has come back by now, however little.
    mutating func takeBack() {
        driver.beginPoll()
        refill(upTo: .max)
        driver.endPoll()
    }

    private mutating func handOver() {
        for lane in 0..<lanes.count {
            let packets = lanes.take(lane)
            guard !packets.isEmpty else { continue }
            let taken = targets[lane]._withUnsafeGuaranteedRef { driver.receive(packets, for: $0) }
            var digest = addresses[lane]
            for packet in packets[..<taken] { digest.add(packet.address) }
            addresses[lane] = digest
            delivered[lane] &+= UInt64(taken)
            refused[lane] &+= UInt64(packets.count &- taken)
        }
    }

    /// Posts what came back, `most` buffers at the most.
    private mutating func refill(upTo most: UInt32) {
        sinceRefill = 0
        let wanted = min(most, receiver.socket.geometry.frameCount &- posted)
        guard wanted > 0 else { return }
        let slots = receiver.socket.fill.reserve(upTo: wanted)
        let count = driver.allocate(UnsafeMutableBufferPointer(rebasing: scratch[..<Int(slots.count)]))
        let given = xdpPostLoop(
            fill: &receiver.socket.fill, slots: slots,
            addresses: UnsafeBufferPointer(rebasing: scratch[..<count]), frames: AlignedFrames(of: receiver.socket),
            ledger: receiver.ledger)
        if Int(given) < count { receiver.violations.doubledFrames &+= UInt64(count &- Int(given)) }
        posted &+= given
        reposted &+= UInt64(given)
        receiver.returnedFrames = reposted
        if posted == 0 { driver.reportStarvation() }
    }
}
