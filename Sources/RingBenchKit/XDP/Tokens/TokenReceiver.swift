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
    let sockets: [Socket]
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
    /// What the receiving core spent on it, from RX to FILL.
    private(set) var cost = CostMeter()

    private let driver: DriverQueue
    private let lanes: TokenLanes
    private let scratch: UnsafeMutableBufferPointer<UMEMAddress>

    /// The chain's end on a queue of an interface, in the calling thread's network namespace.
    ///
    /// - Parameters:
    ///   - binding: fresh, with `options.umemFrames` net_iovs; all of them are posted.
    ///   - sockets: one for each consumer.
    init(
        interface: String, queue: UInt32, options: XDPOptions, kernel: Kernel, binding: Binding, sockets: [Socket]
    ) throws(Failure) {
        driver = DriverQueue(kernel, binding)
        lanes = TokenLanes(count: sockets.count, capacity: Int(options.batchSize))
        scratch = .allocate(capacity: Int(options.umemFrames))
        self.sockets = sockets
        delivered = Array(repeating: 0, count: sockets.count)
        refused = delivered
        addresses = Array(repeating: AddressDigest(), count: sockets.count)
        do throws(Failure) {
            // The receiver posts all chunks before it binds: they are no longer the pool's.
            posted = UInt32(driver.allocate(scratch))
            receiver = try XDPReceiver(
                interface: interface, queue: queue, options: options, memory: binding.memory, provide: posted)
        } catch {
            lanes.destroy()
            scratch.deallocate()
            throw error
        }
    }

    deinit {
        lanes.destroy()
        scratch.deallocate()
    }

    /// Moves what is in RX to the consumers, and what came back from them to FILL, until RX is empty or `quota` packets were
    /// taken. Then looks once more for what came back.
    ///
    /// - Returns: packets taken.
    mutating func drain(quota: UInt64 = 1 << 14) -> UInt64 {
        let start = CostMeter.start()
        let frames = ReceivedFrames(of: receiver.socket)
        var taken: UInt64 = 0
        var back: UInt32 = 0
        while taken < quota {
            let count = xdpSortLoop(
                receive: &receiver.socket.receive, frames: frames, ledger: receiver.ledger, lanes: lanes,
                violations: &receiver.violations, bytes: &bytes, batches: receiver.batches,
                batchSize: receiver.options.batchSize)
            if count == 0 { break }
            posted &-= count
            taken &+= UInt64(count)
            handOver()
            back &+= refill()
        }
        if taken == 0 { back = refill() }
        received &+= taken
        if taken > 0 || back > 0 { cost.add(since: start, tokens: Int(taken)) }
        return taken
    }

    private mutating func handOver() {
        for lane in 0..<lanes.count {
            let packets = lanes.take(lane)
            guard !packets.isEmpty else { continue }
            let taken = driver.receive(packets, for: sockets[lane])
            var digest = addresses[lane]
            for packet in packets[..<taken] { digest.add(packet.address) }
            addresses[lane] = digest
            delivered[lane] &+= UInt64(taken)
            refused[lane] &+= UInt64(packets.count &- taken)
        }
    }

    /// Posts what came back.
    private mutating func refill() -> UInt32 {
        let missing = receiver.socket.geometry.frameCount &- posted
        guard missing > 0 else { return 0 }
        let slots = receiver.socket.fill.reserve(upTo: missing)
        let count = driver.allocate(UnsafeMutableBufferPointer(rebasing: scratch[..<Int(slots.count)]))
        let given = xdpPostLoop(
            fill: &receiver.socket.fill, slots: slots,
            addresses: UnsafeBufferPointer(rebasing: scratch[..<count]), geometry: receiver.socket.geometry,
            ledger: receiver.ledger)
        if Int(given) < count { receiver.violations.doubledFrames &+= UInt64(count &- Int(given)) }
        posted &+= given
        reposted &+= UInt64(given)
        receiver.returnedFrames = reposted
        if posted == 0 { driver.reportStarvation() }
        if given > 0, receiver.socket.fill.needsWakeup() { receiver.wakeKernel() }
        return given
    }
}
