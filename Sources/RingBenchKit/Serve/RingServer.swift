import CTokenRing
import Glibc
import RingKernelModel
import TokenRing

/// The kernel model as a process: consumers connect to a Unix socket and each is handed a ring set on one binding.
///
/// One thread does everything that consumers ask for, another is softirq. See token_ring_serve.h for the messages.
public final class RingServer {
    /// Connections at one time; each costs a region's memory.
    private static let mostConnections = 64
    /// How late a signal is noticed that came just before the wait.
    private static let waitMilliseconds: CInt = 100

    private let configuration: ServeConfiguration
    private let note: (String) -> Void
    private let kernel: Kernel
    private let binding: Binding
    /// The dmabuf, for reading.
    private let payload: OwnedDescriptor
    private let traffic: ServedTraffic
    private var connections: [RingConnection] = []
    private var connectionCount = 0
    private var report = ServeReport()

    /// Binds the dmabuf.
    ///
    /// - Parameter note: told what happens, a sentence each.
    /// - Throws: `Failure`: `.usage` for an option that does not fit, `.systemCall` when memory cannot be had.
    public init(_ configuration: ServeConfiguration, note: @escaping (String) -> Void) throws(Failure) {
        try configuration.validate()
        self.configuration = configuration
        self.note = note
        kernel = Kernel(bare: try configuration.composition(), configuration.kernel)
        var request = BindRequest()
        request.dmabufBytes = configuration.niovs * Binding.pageBytes
        do {
            binding = try kernel.bind(request).get()
            payload = try OwnedDescriptor(
                ctr_open_read_only(binding.dmabuf.descriptor.rawValue), of: "open", hint: "/proc must be mounted")
        } catch {
            throw Failure(.systemCall, "the dmabuf cannot be had: \(error)")
        }
        traffic = ServedTraffic(kernel, binding, fragmentsPerSecond: configuration.fragmentsPerSecond)
    }

    /// Serves until SIGINT or SIGTERM, then takes everything back. Once.
    ///
    /// - Throws: `Failure`: `.systemCall` when it cannot listen.
    /// - Returns: the books.
    public func run() throws(Failure) -> ServeReport {
        let listener = try ListeningSocket(path: configuration.path)
        let stop = StopFlag()
        let softirq = try startSoftirq(stop)
        note("serving on \(configuration.path)")
        while !Interrupt.isRequested { turn(listener) }
        stop.raise()
        softirq.join()
        close()
        return report
    }

    private func startSoftirq(_ stop: StopFlag) throws(Failure) -> PinnedThread<Void> {
        let traffic = traffic
        do throws(SystemCallError) {
            return try PinnedThread { traffic.run(until: stop) }
        } catch {
            throw Failure(error)
        }
    }

    // MARK: connections

    /// Waits for somebody to want something, and gives each who does one turn.
    private func turn(_ listener: ListeningSocket) {
        var waits = connections.map(\.interest)
        waits.append(pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0))
        guard poll(&waits, nfds_t(waits.count), Self.waitMilliseconds) > 0 else { return }
        var staying: [RingConnection] = []
        for (connection, wait) in zip(connections, waits) {
            if wait.revents == 0 || connection.handle(wait.revents, open: { open($0, connection.number) }) {
                staying.append(connection)
            } else {
                end(connection)
            }
        }
        connections = staying
        if waits[waits.count - 1].revents != 0 { accept(from: listener) }
    }

    private func accept(from listener: ListeningSocket) {
        guard let socket = listener.accept() else {
            // Out of descriptors: it stays readable, and others want their turn.
            usleep(1000)
            return
        }
        connectionCount += 1
        let connection = RingConnection(socket, number: connectionCount)
        if connections.count < Self.mostConnections {
            connections.append(connection)
        } else {
            connection.refuse(EUSERS)
        }
    }

    /// Makes a ring set for a connection, and sockets of its own.
    private func open(
        _ asked: token_ring_serve_open, _ number: Int
    ) -> Result<RingConnection.Granted, RingCall.Refusal> {
        let known = UInt32(TOKEN_RING_SERVE_PAYLOAD)
        guard asked.version == TOKEN_RING_SERVE_VERSION, asked.flags & ~known == 0, asked.reserved == 0,
            asked.sockets <= ServeConfiguration.mostFlows
        else { return .failure(RingCall.Refusal(errno: EINVAL)) }
        let sockets = (0..<(asked.sockets == 0 ? configuration.flows : Int(asked.sockets))).map { _ in kernel.open() }
        let ringSet: RingSet
        do {
            ringSet = try kernel.createRingSet(on: binding, configuration.ringSetRequest, serving: sockets)
        } catch {
            for socket in sockets { kernel.close(socket) }
            kernel.forgetClosed()
            note("ring set \(number): cannot be made: \(error)")
            return .failure(RingCall.Refusal(errno: (error as? BindRefusal)?.errno ?? ENOMEM))
        }
        let stream = ServedStream(sockets, fragments: configuration.tokens)
        let served = RingConnection.Served(ringSet: ringSet, stream: stream)
        var descriptors = [ringSet.region.descriptor.rawValue]
        if asked.flags & UInt32(TOKEN_RING_SERVE_PAYLOAD) != 0 { descriptors.append(payload.descriptor.rawValue) }
        report.ringSets += 1
        traffic.add(stream)
        note("ring set \(number): opened with \(sockets.count) sockets")
        return .success(
            RingConnection.Granted(served: served, answer: opened(sockets), descriptors: descriptors))
    }

    private func opened(_ sockets: [Socket]) -> token_ring_serve_opened {
        var answer = token_ring_serve_opened()
        answer.sockets = UInt32(sockets.count)
        answer.first_cookie = sockets.first?.cookie ?? 0
        answer.payload_bytes = UInt64(binding.memory.byteCount)
        answer.seed = configuration.seed
        answer.granted.delivery_entries = configuration.deliveryEntries
        answer.granted.return_entries = configuration.returnEntries
        answer.granted.binding = binding.id
        return answer
    }

    /// The connection is gone, and with it the descriptor of its ring set and its sockets.
    private func end(_ connection: RingConnection) {
        report.calls += connection.calls.made
        report.refusedCalls += connection.calls.refused
        guard let served = connection.served else { return }
        traffic.remove(served.stream)
        for socket in served.stream.sockets { kernel.close(socket) }
        let home = kernel.close(served.ringSet)
        kernel.forgetClosed()
        let counters = served.ringSet.counters
        report.add(counters)
        let sentence =
            "ring set \(connection.number): closed, \(counters.delivered) delivered, \(counters.returned) returned"
        guard configuration.cleanUp == .lastUser else {
            report.takenBackAtClose += home
            return note("\(sentence), \(home) taken back")
        }
        note("\(sentence), \(Int64(bitPattern: counters.delivered &- counters.returned)) stay out")
        lastUserMayBeGone(home)
    }

    private func lastUserMayBeGone(_ home: Int) {
        guard binding.isDying else { return }
        report.takenBackAtEnd += home
        note("the last user is gone: \(home) taken back")
    }

    // MARK: the end

    /// The device goes first, as when the netlink socket is closed, then every user that is left.
    private func close() {
        let before = binding.pool.audit.freeBuffers
        kernel.unbind(binding)
        note("unbound")
        lastUserMayBeGone(binding.pool.audit.freeBuffers - before)
        for connection in connections { end(connection) }
        connections = []
        report.pool = binding.pool.audit
    }
}
