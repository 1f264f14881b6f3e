import CTokenRing
import Glibc
import Synchronization
import TokenRing

/// The kernel's side of a ring set: a delivery ring, a return ring, and the calls on their descriptor.
///
/// Whoever holds the region's descriptor is the owner; the kernel trusts nothing that it reads from the rings. All
/// entries here run under one lock, as softirq, a flush and a kick may meet.
public final class RingSet: @unchecked Sendable {
    /// The mapped memory; its descriptor goes to the consumer. Nil when neither ring is in a region of ours.
    public let region: RingRegion!
    /// Number of the delivery ring in the region.
    public static let deliveryRing = 0
    /// Number of the return ring in the region, when there is a delivery ring too.
    public static let returnRing = 1
    /// Number of the return ring in this region.
    public let returnRingNumber: Int
    /// io_uring's way to return, if it is this set's.
    public let refillRing: RefillRing?
    /// netgpu's way to return, if it is this set's.
    public let fillQueue: FillQueue?
    /// Whom its tokens belong to.
    public let owner = TokenOwner(isSerialised: true)
    /// What it is over.
    public let binding: Binding

    /// Buffers after which a refill in softirq stops, as zcrx's does (sources.md 2.4).
    private static let enoughBuffers = 64

    /// What the lock guards, on the heap so that access through the class costs no exclusivity check.
    private struct State {
        var sockets: [Socket] = []
        var issue = CostMeter()
        var release = CostMeter()
        var isClosed = false
        var starved: UInt64 = 0
        var wakeup: (@Sendable () -> Void)?
    }

    private let state: UnsafeMutablePointer<State>
    private let delivery: DeliveryRing?
    /// The same for the driver's packets, which count no references.
    private let unretainedDelivery: Unmanaged<DeliveryRing>?
    private let returns: any ReturnRing
    private let joins: Bool
    private let faults: FaultPlan
    private let lock = SpinLock()
    /// Whether there is a wakeup, for who does not have the lock.
    private let wakes = Atomic<Bool>(false)

    /// What is asked for when a ring set is made, `struct token_ring_create`.
    public struct Request: Sendable {
        /// Entries of the delivery ring; 0 for none.
        public var deliveryEntries: UInt32 = 1024
        /// Entries of the return ring.
        public var returnEntries: UInt32 = 4096
        /// Where ring indices start; near 2^32 to see them wrap.
        public var startIndex: UInt32 = 0
        /// How buffers come back.
        public var returning = ReturnMechanism.mappedRing

        /// The default sizes.
        public init() {}
    }

    init(binding: Binding, joins: Bool, faults: FaultPlan, _ request: Request) throws(RegionError) {
        self.binding = binding
        self.joins = joins
        self.faults = faults
        var rings: [RingSpecification] = []
        if request.deliveryEntries > 0 {
            rings.append(
                RingSpecification(.delivery, capacity: request.deliveryEntries, startIndex: request.startIndex))
        }
        returnRingNumber = rings.count
        if request.returning == .mappedRing {
            rings.append(
                RingSpecification(.returning, capacity: request.returnEntries, startIndex: request.startIndex))
        }
        region = rings.isEmpty ? nil : try RingRegion.create(rings)
        switch request.returning {
        case .refillRing:
            let ring = try RefillRing(binding: binding, entries: request.returnEntries, faults: faults)
            (refillRing, fillQueue, returns) = (ring, nil, ring)
        case .fillQueue:
            let ring = try FillQueue(binding: binding, entries: request.returnEntries)
            (refillRing, fillQueue, returns) = (nil, ring, ring)
        default:
            (refillRing, fillQueue) = (nil, nil)
            returns = try TokenReturnRing(
                region, number: returnRingNumber, bookkeeping: binding.bookkeeping, faults: faults)
        }
        delivery =
            request.deliveryEntries == 0
            ? nil
            : try DeliveryRing(region, number: Self.deliveryRing, binding: binding, owner: owner)
        unretainedDelivery = delivery.map(Unmanaged.passUnretained)
        state = .allocate(capacity: 1)
        state.initialize(to: State())
    }

    deinit {
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// Whether fragments come through a ring of this set.
    public var delivers: Bool { delivery != nil }
    /// Whether its descriptor was closed.
    public var isClosed: Bool { lock.withLock { state.pointee.isClosed } }
    /// What delivering and taking back have cost. Exact only when no thread is in the model.
    public var costs: (issue: CostMeter, release: CostMeter) { (state.pointee.issue, state.pointee.release) }

    /// What the kernel saw of the rings: lying indices, full and empty looks.
    public var statistics: (delivery: RingStatistics, returns: RingStatistics) {
        lock.withLock { (delivery?.statistics ?? returns.statistics, returns.statistics) }
    }

    /// `TOKEN_RING_COUNTERS`.
    public var counters: token_ring_counters {
        lock.withLock {
            let refused = owner.refusals
            return token_ring_counters(
                delivered: state.pointee.issue.allTokens, returned: state.pointee.release.allTokens,
                out_of_range: refused.outOfRange, not_held: refused.notHeld,
                index_violations: returns.statistics.indexViolations + (delivery?.statistics.indexViolations ?? 0),
                delivery_full: delivery?.full ?? 0, starved: state.pointee.starved, reserved: 0)
        }
    }

    /// From now on what `socket` receives comes through this set, and tokens of it go back through this set. Under NAPI.
    func attach(_ socket: Socket) {
        lock.withLock { state.pointee.sockets.append(socket) }
        socket.ringSet = self
    }

    /// No longer. Under NAPI.
    func detach(_ socket: Socket) {
        lock.withLock {
            state.pointee.sockets.removeAll { $0 === socket }
            delivery?.forget(socket)
        }
        socket.ringSet = nil
        socket.announcedBytes = 0
    }

    /// What `poll` on the descriptor waits for: called after something was put into the delivery ring, when its consumer
    /// had set `TOKEN_RING_NEED_WAKEUP`. In softirq or in a kick: it must not wait, and makes no call of this set.
    public func onWakeup(_ wakeup: (@Sendable () -> Void)?) {
        lock.withLock {
            state.pointee.wakeup = wakeup
            wakes.store(wakeup != nil, ordering: .releasing)
        }
    }

    // MARK: softirq

    /// Moves what an attached socket has queued into the delivery ring, as far as there is room.
    ///
    /// - Returns: entries made.
    func deliver(_ socket: Socket) -> Int {
        guard let delivery else { return 0 }
        return deliver(delivery) { delivery.deliver(socket, cost: &$0) }
    }

    /// Moves what just came in for an attached socket into the delivery ring, past its queue, in which nothing may wait. Nobody is
    /// woken: that is `wakeConsumer`, once at the end of the driver's poll.
    ///
    /// - Returns: how many of `packets`, as many as there was room for; the rest is still the caller's.
    @inline(__always)
    func deliver(_ packets: DriverPackets, of socket: Socket) -> Int {
        guard let unretainedDelivery else { return 0 }
        return lock.withLock {
            let delivered = unretainedDelivery._withUnsafeGuaranteedRef { $0.deliver(packets, of: socket) }
            state.pointee.issue.count(delivered)
            return delivered
        }
    }

    /// Whether there is somebody to wake.
    @inline(__always)
    var mayWake: Bool { wakes.load(ordering: .acquiring) }

    /// Wakes the consumer if it sleeps, after something was delivered. Who asks takes no lock and counts no reference: both would wait
    /// until the consumer's core has given up the line of the index just stored.
    func wakeConsumer() {
        guard mayWake, let unretainedDelivery,
            unretainedDelivery._withUnsafeGuaranteedRef({ $0.consumerSleeps() })
        else { return }
        wake()
    }

    @inline(never)
    private func wake() {
        let wake = lock.withLock { state.pointee.wakeup }
        wake?()
    }

    /// What wakes the consumer: nil if it does not sleep, or nobody asked to be told. Under the lock.
    private func sleeper(at delivery: DeliveryRing) -> (@Sendable () -> Void)? {
        guard let wakeup = state.pointee.wakeup, delivery.consumerSleeps() else { return nil }
        return wakeup
    }

    /// Delivers by `body`, and wakes the consumer if that made entries and it sleeps.
    private func deliver(_ delivery: DeliveryRing, _ body: (inout CostMeter) -> Int) -> Int {
        let (delivered, wake) = lock.withLock { () -> (Int, (@Sendable () -> Void)?) in
            guard !state.pointee.isClosed else { return (0, nil) }
            let delivered = body(&state.pointee.issue)
            return (delivered, delivered > 0 ? sleeper(at: delivery) : nil)
        }
        wake?()
        return delivered
    }

    /// Takes back what is in the return ring until the page pool has enough or the pass is over (R11).
    ///
    /// - Returns: tokens taken back.
    func refill(forDriver: Bool) -> Int {
        lock.withLock {
            state.pointee.isClosed
                ? 0
                : returns.consume(
                    until: Self.enoughBuffers, for: owner, forDriver: forDriver, cost: &state.pointee.release)
        }
    }

    /// Fetches the entries that `refill` will read first; without the lock, as nothing is read here.
    func fetchReturns() { returns.fetchEntries() }

    /// Fetches the buffers that `refill` will take back first.
    func fetchReturnedBuffers() {
        lock.withLock { if !state.pointee.isClosed { returns.fetchBuffers(of: owner) } }
    }

    /// The page pool found no buffer anywhere (S18).
    func reportStarvation() {
        lock.withLock {
            state.pointee.starved &+= 1
            returns.reportStarvation()
        }
    }

    // MARK: calls on the descriptor

    /// `TOKEN_RING_KICK`: delivers what waits into the room that was made.
    ///
    /// - Returns: entries made, or -EOPNOTSUPP without a delivery ring.
    public func kick() -> Int {
        guard let delivery else { return -Int(EOPNOTSUPP) }
        return deliver(delivery) { delivery.deliverWaiting(cost: &$0) }
    }

    /// `TOKEN_RING_FLUSH`: takes back all that is in the return ring now.
    ///
    /// - Returns: tokens taken back.
    public func flush() -> Int {
        lock.withLock {
            state.pointee.isClosed
                ? 0 : returns.consume(until: nil, for: owner, forDriver: false, cost: &state.pointee.release)
        }
    }

    /// `TOKEN_RING_RELEASE`: takes back an array of ranges, with the limits of SO_DEVMEM_DONTNEED.
    ///
    /// - Returns: tokens taken back, or -errno.
    public func release(_ argument: UnsafeRawBufferPointer) -> Int {
        lock.withLock {
            let start = CostMeter.start()
            let result = DontNeed.run(
                argument, from: owner, bookkeeping: binding.bookkeeping, faults: faults, wraps: false)
            if result > 0 { state.pointee.release.add(since: start, tokens: result) }
            return result
        }
    }

    /// `TOKEN_RING_ARM`: lets the starvation report be made again.
    ///
    /// - Returns: 0, or -EINVAL if it was not made.
    public func arm() -> Int { lock.withLock { returns.armStarvation() ? 0 : -Int(EINVAL) } }

    /// Joins the binding. False: it is dying.
    func open() -> Bool { owner.admit(binding, bookkeeping: binding.bookkeeping, joins: joins) == .admitted }

    /// The descriptor is closed: nothing more comes through. Once, under NAPI, after a flush.
    ///
    /// - Returns: the sockets that were attached.
    func close() -> [Socket] {
        let sockets = lock.withLock {
            state.pointee.isClosed = true
            state.pointee.wakeup = nil
            return state.pointee.sockets
        }
        for socket in sockets { detach(socket) }
        if binding.cleanUp.endsWithOwner { lock.withLock { binding.bookkeeping.close(owner) } }
        owner.leaveAll { _ in joins }
        return sockets
    }
}
