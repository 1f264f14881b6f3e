import CTokenRing
import Glibc
import Synchronization
import TokenRing

/// The model kernel: a device, its bindings and sockets, and one proposal's way to hand buffers out and take them back.
///
/// Entry points are named after what they stand for and return what the kernel returns: a count or -errno. `softirq`
/// belongs to one thread; the others may be called from application threads at the same time, one thread per socket.
public final class Kernel: @unchecked Sendable {
    /// What is modelled.
    public let composition: Composition
    /// What dmabufs are bound to.
    public let device: NetDevice
    /// What goes wrong next.
    public let faults = FaultPlan()
    /// What would have crashed a real kernel.
    public let oopses = OopsLog()

    let configuration: Configuration
    let modes: any ModeSelection
    /// How tokens are remembered in each mode.
    let manual: any TokenBookkeeping
    let automatic: any TokenBookkeeping
    private let traffic: TrafficSource
    let control = SpinLock()
    nonisolated(unsafe) private var allBindings: [Binding] = []
    nonisolated(unsafe) var allSockets: [Socket] = []
    nonisolated(unsafe) var allRingSets: [RingSet] = []
    nonisolated(unsafe) private var nextCookie = 0
    nonisolated(unsafe) private var openers: [ObjectIdentifier: TokenOwner] = [:]

    /// How a kernel is set up.
    public struct Configuration: Sendable {
        /// TCP flows, one socket each.
        public var flows = 4
        /// Payload bytes of a fragment; a multiple of 8 up to `niovBytes`.
        public var fragBytes = 4096
        /// Buffers in the binding.
        public var niovs = 32768
        /// Bytes of a buffer, `rx-page-size`.
        public var niovBytes = Binding.pageBytes
        /// Bindings of other programs, one on each further queue, with the mode that each asks for.
        public var otherBindings: [TokenMode] = []
        /// Fragments that a socket queues before its receive window closes.
        public var windowFrags = 128
        /// Entries of the delivery ring.
        public var deliveryEntries: UInt32 = 1024
        /// Entries of the return ring.
        public var returnEntries: UInt32 = 4096
        /// Ring sets, where the topology has one a thread.
        public var threads = 1
        /// Where ring indices start; near 2^32 to see them wrap.
        public var startIndex: UInt32 = 0
        /// Decides the content of every stream.
        public var seed: UInt64 = 1
        /// How much of each fragment is written.
        public var depth: StreamContent.Depth = .stamps

        /// The default load of the mail threads: 4 flows, 4 KiB fragments, 128 MiB.
        public init() {}
    }

    /// A kernel with a device and nothing on it.
    public init(bare composition: Composition, _ configuration: Configuration = Configuration()) {
        self.composition = composition
        self.configuration = configuration
        device = NetDevice()
        modes = composition.modes.make()
        let surroundings = BookkeepingMechanism.Surroundings(faults: faults, oopses: oopses)
        manual = composition.bookkeeping.make(surroundings)
        automatic = BookkeepingMechanism.perSocketXArray.make(surroundings)
        traffic = TrafficSource(fragBytes: configuration.fragBytes, depth: configuration.depth)
    }

    /// Binds a dmabuf to queue 0 and opens the sockets and rings.
    ///
    /// - Throws: `BindRefusal` or `RegionError` when memory or a ring cannot be had; it names the field.
    public convenience init(_ composition: Composition, _ configuration: Configuration = Configuration()) throws {
        self.init(bare: composition, configuration)
        var request = BindRequest()
        request.dmabufBytes = configuration.niovs * configuration.niovBytes
        request.niovBytes = configuration.niovBytes
        let binding = try bind(request).get()
        for (number, mode) in configuration.otherBindings.enumerated() {
            var request = BindRequest()
            request.queues = [number + 1]
            request.dmabufBytes = Binding.pageBytes
            request.autorelease = mode.rawValue
            _ = try bind(request).get()
        }
        for _ in 0..<configuration.flows { _ = open() }
        for sockets in composition.topology.groups(sockets, threads: configuration.threads) {
            try createRingSet(on: binding, ringSetRequest, serving: sockets)
        }
    }

    deinit {
        // What is queued refers to buffers, and the bindings go with us.
        for socket in allSockets { socket.purge() }
    }

    private var ringSetRequest: RingSet.Request {
        var request = RingSet.Request()
        request.deliveryEntries = composition.hasDeliveryRing ? configuration.deliveryEntries : 0
        request.returnEntries = configuration.returnEntries
        request.startIndex = configuration.startIndex
        request.returning = composition.returning
        return request
    }

    // MARK: what there is

    /// All bindings, the unbound too.
    public var bindings: [Binding] { control.withLock { allBindings } }
    /// All sockets, the closed too.
    public var sockets: [Socket] { control.withLock { allSockets } }
    /// All ring sets, the closed too.
    public var ringSets: [RingSet] { control.withLock { allRingSets } }
    /// The first binding.
    public var binding: Binding { control.withLock { allBindings[0] } }
    /// The first ring set, if the composition has rings.
    public var ringSet: RingSet? { control.withLock { allRingSets.first } }

    // MARK: netlink

    /// `NETDEV_CMD_BIND_RX` and `_TX`. The caller is the opener: whoever holds the netlink socket.
    public func bind(_ request: BindRequest) -> Result<Binding, BindRefusal> {
        if let refusal = request.validate(on: device) { return .failure(refusal) }
        guard request.direction == .receive else {
            // A TX binding has no tokens and decides no mode (B13).
            return makeBinding(request, mode: .manual, countsForMode: false)
        }
        guard request.autorelease ?? 0 <= 1 else { return .failure(BindRefusal(EINVAL, "autorelease is 0 or 1")) }
        return modes.bind(requested: request.autorelease.flatMap(TokenMode.init(rawValue:))).flatMap {
            makeBinding(request, mode: $0, countsForMode: true)
        }
    }

    private func makeBinding(
        _ request: BindRequest, mode: TokenMode, countsForMode: Bool
    ) -> Result<Binding, BindRefusal> {
        do throws(SystemCallError) {
            guard !faults.take(.bindingAllocation) else { throw SystemCallError("xa_alloc", errno: ENOMEM) }
            let number = control.withLock { UInt32(allBindings.count + 1) }
            let binding = Binding(
                id: number, direction: request.direction, payload: try request.payload(),
                niovCount: request.dmabufBytes / request.niovBytes, niovBytes: request.niovBytes,
                cleanUp: mode == .automatic ? .socketClose : request.cleanUp ?? composition.cleanUp,
                bookkeeping: mode == .automatic ? automatic : manual)
            if countsForMode { binding.pool.onAllHome = { [modes] in modes.freed() } }
            if request.direction == .receive {
                device.napi.withLock {
                    for number in request.queues { device.queues[number].hasProvider = true }
                    binding.queues = request.queues
                }
            }
            control.withLock { allBindings.append(binding) }
            return .success(binding)
        } catch {
            if countsForMode { modes.abandon() }
            return .failure(BindRefusal(error.errno.rawValue, "no memory for the binding: \(error)"))
        }
    }

    /// Unbinds from the receive queues, as closing the netlink socket does. Once; a second call does nothing.
    public func unbind(_ binding: Binding) {
        device.napi.withLock {
            guard binding.markUnbound() else { return }
            for number in binding.queues { device.queues[number].hasProvider = false }
            binding.pool.close()
            if binding.cleanUp == .unbind { binding.putUserReferences() }
            binding.leave()
        }
    }

    /// A ring set on `binding`, for its opener; its fragments are those of `sockets`.
    ///
    /// - Throws: `RegionError`, naming the field, or `BindRefusal` with ENODEV when the binding is dying.
    @discardableResult
    public func createRingSet(
        on binding: Binding, _ request: RingSet.Request, serving sockets: [Socket]
    ) throws -> RingSet {
        let ringSet = try RingSet(
            binding: binding, joins: binding.cleanUp.countsUsers, faults: faults, request)
        guard ringSet.open() else { throw BindRefusal(ENODEV, "the binding's last user is gone") }
        device.napi.withLock { binding.pool.provider.pointee.add(ringSet) }
        control.withLock { allRingSets.append(ringSet) }
        for socket in sockets { _ = attach(socket, to: ringSet) }
        return ringSet
    }

    /// `/proc/sys/net/core/devmem_autorelease`, or what takes its place: 0 or -errno.
    public func writeSystemControl(_ value: Int) -> Int { modes.writeSystemControl(value) }

    // MARK: softirq

    /// One NAPI poll: receives up to `burst` fragments of a flow as one skb and delivers what a ring can take.
    ///
    /// - Returns: fragments that came in, and fragments that went into the delivery ring.
    public func softirq(flow: Int, burst: Int) -> (received: Int, delivered: Int) {
        let (socket, binding) = control.withLock { (allSockets[flow], allBindings[0]) }
        return softirq(Arrival(frags: burst), on: socket, from: binding)
    }

    /// One NAPI poll: receives an skb for `socket` from the queue of `binding`, and delivers what a ring can take.
    public func softirq(_ arrival: Arrival, on socket: Socket, from binding: Binding?) -> (
        received: Int, delivered: Int
    ) {
        device.napi.withLock {
            let comes = (arrival.frags > 0 || arrival.linearBytes > 0) && !socket.isClosed
            let received = comes ? traffic.receive(arrival, on: socket, from: binding) : 0
            return (received, socket.ringSet?.deliver(socket) ?? 0)
        }
    }

    /// The peer of `socket` closes its side: the stream ends behind what is queued.
    public func finish(_ socket: Socket) {
        device.napi.withLock {
            socket.end()
            _ = socket.ringSet?.deliver(socket)
        }
    }

    // MARK: the books

    /// Returned tokens that were refused, by cause.
    public var refusals: Refusals {
        let (sockets, ringSets, openers) = control.withLock { (allSockets, allRingSets, self.openers) }
        return (sockets.map(\.owner) + ringSets.map(\.owner) + openers.values).reduce(Refusals()) { $0 + $1.refusals }
    }

    /// What issuing and taking back have cost the kernel side. Exact only when no thread is in the model.
    public var costs: (issue: CostMeter, release: CostMeter) {
        let (sockets, ringSets) = control.withLock { (allSockets, allRingSets) }
        var sum = (issue: CostMeter(), release: CostMeter())
        for costs in sockets.map(\.costs) + ringSets.map(\.costs) + bindings.map(\.callCosts) {
            sum.issue += costs.issue
            sum.release += costs.release
        }
        return sum
    }

    // MARK: set-up of sockets

    /// A socket that is connected and may receive.
    public func open() -> Socket {
        control.withLock {
            let number = nextCookie
            nextCookie += 1
            let socket = Socket(
                cookie: UInt64(number), windowFrags: configuration.windowFrags,
                content: StreamContent(seed: configuration.seed, flow: number))
            // What does not depend on a binding is there from the start, as sk_user_frags is.
            socket.owner.useLedger(defaultBookkeeping.makeLedger(for: nil))
            allSockets.append(socket)
            return socket
        }
    }

    /// The owner of what is returned on the binding's own descriptor.
    func opener(of binding: Binding) -> TokenOwner {
        control.withLock {
            if let opener = openers[ObjectIdentifier(binding)] { return opener }
            let opener = TokenOwner()
            _ = opener.admit(binding, bookkeeping: binding.bookkeeping, joins: false)
            openers[ObjectIdentifier(binding)] = opener
            return opener
        }
    }

    /// For a socket that has not received yet.
    private var defaultBookkeeping: any TokenBookkeeping { manual }
}
