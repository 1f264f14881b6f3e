import CTokenRing
import Glibc
import RingKernelModel
import Synchronization
import TokenRing

/// All consumers of a run. One thread answers their calls and cleans up behind those that end, while another is softirq.
final class TokenConsumers: @unchecked Sendable {
    let all: [TokenConsumer]
    private let kernel: Kernel
    private let request: RingSet.Request
    /// The UMEM, for reading.
    private let payload: OwnedDescriptor
    private let payloadBytes: Int
    private let wantsKill = Atomic<Bool>(false)
    /// A kill is to come in the middle of the traffic, and not when it is over.
    private let pollMilliseconds: Int32
    private var victimStopped: Int64?
    private var control: PinnedThread<Void>?
    private let stop = StopFlag()

    /// It waits so long for a stopped victim to hold a token.
    private static let patienceNanoseconds: Int64 = 100_000_000

    /// Starts the processes, and the thread that serves them.
    init(
        _ configuration: XDPTokensConfiguration, kernel: Kernel, binding: Binding
    ) throws(Failure) {
        self.kernel = kernel
        request = configuration.rings.ringSetRequest
        pollMilliseconds = configuration.killsOne ? 1 : 20
        payloadBytes = binding.memory.byteCount
        do throws(SystemCallError) {
            payload = try OwnedDescriptor(
                ctr_open_read_only(binding.dmabuf.descriptor.rawValue), of: "open", hint: "/proc must be mounted")
        } catch {
            throw Failure(error)
        }
        var consumers: [TokenConsumer] = []
        for number in 0..<configuration.consumers {
            consumers.append(
                try TokenConsumer(
                    number: number, kernel: kernel, binding: binding, request: request,
                    program: configuration.program, assignment: configuration.assignment))
        }
        all = consumers
        do throws(SystemCallError) {
            control = try PinnedThread { [self] in while !stop.isRaised { turn() } }
        } catch {
            throw Failure(error)
        }
    }

    /// Waits until every process is ready.
    ///
    /// - Throws: `Failure` of kind `.systemCall` if one ended or the time is over; it has said why on stderr.
    func awaitReady() throws(Failure) {
        let deadline = ctr_monotonic_ns() + 20_000_000_000
        for consumer in all {
            while consumer.page.state == .starting {
                guard !consumer.isGone, ctr_monotonic_ns() < deadline else {
                    throw Failure(.systemCall, "consumer \(consumer.number) did not start; its own message is above")
                }
                usleep(1000)
            }
        }
    }

    /// From now on: the last consumer is stopped while it holds tokens, and killed.
    func killOne() { wantsKill.store(true, ordering: .releasing) }

    /// Ends every stream and waits until all processes have ended; kills what does not.
    func finish() {
        for consumer in all where !consumer.isGone { kernel.finish(consumer.socket) }
        let deadline = ctr_monotonic_ns() + 20_000_000_000
        while all.contains(where: { !$0.isGone }) {
            if ctr_monotonic_ns() > deadline { for consumer in all where !consumer.isGone { consumer.signal(SIGKILL) } }
            usleep(1000)
        }
        end()
    }

    /// Kills what is left and ends the serving thread. Nothing happens a second time.
    func end() {
        guard let control else { return }
        self.control = nil
        stop.raise()
        control.join()
        for consumer in all where !consumer.isGone {
            consumer.signal(SIGKILL)
            consumer.close(in: kernel)
        }
    }

    // MARK: the serving thread

    private func turn() {
        killVictim()
        let living = all.filter { !$0.isGone }
        var waits = living.map(\.connection.interest)
        guard poll(&waits, nfds_t(waits.count), pollMilliseconds) > 0 else { return }
        for (consumer, wait) in zip(living, waits) where wait.revents != 0 {
            let stays = consumer.connection.handle(wait.revents) { self.open($0, for: consumer) }
            if !stays { consumer.close(in: kernel) }
        }
    }

    private func open(
        _ asked: token_ring_serve_open, for consumer: TokenConsumer
    ) -> Result<RingConnection.Granted, RingCall.Refusal> {
        guard asked.version == TOKEN_RING_SERVE_VERSION, asked.flags == UInt32(TOKEN_RING_SERVE_PAYLOAD) else {
            return .failure(RingCall.Refusal(errno: EINVAL))
        }
        var answer = token_ring_serve_opened()
        answer.sockets = 1
        answer.first_cookie = consumer.socket.cookie
        answer.payload_bytes = UInt64(payloadBytes)
        answer.granted.delivery_entries = request.deliveryEntries
        answer.granted.return_entries = request.returnEntries
        answer.granted.binding = consumer.ringSet.binding.id
        return .success(
            RingConnection.Granted(
                served: .init(ringSet: consumer.ringSet, stream: ServedStream([consumer.socket], fragments: 0)),
                answer: answer,
                descriptors: [consumer.ringSet.region.descriptor.rawValue, payload.descriptor.rawValue]))
    }

    /// Stops the victim first and kills it when it holds a token, so that there is something to take back.
    private func killVictim() {
        guard wantsKill.load(ordering: .acquiring), let victim = all.last, !victim.isGone else { return }
        let now = ctr_monotonic_ns()
        guard let stopped = victimStopped else {
            victim.signal(SIGSTOP)
            victimStopped = now
            return
        }
        guard victim.heldTokens > 0 || now - stopped > Self.patienceNanoseconds else { return }
        victim.signal(SIGKILL)
        wantsKill.store(false, ordering: .releasing)
    }

    deinit { end() }
}
