import CTokenRing
import Glibc
import RingKernelModel
import TokenRing
import TokenRingXDP

/// One run of the chain as its receiving thread sees it: until all has come, and then whether all is right.
struct TokensRun: ~Copyable {
    let pace: Pace
    private let configuration: XDPTokensConfiguration
    private let consumers: TokenConsumers
    private var line: XDPLiveLine
    private var killAsked = false
    private var receivedAtKill: [UInt64] = []
    private let startNanoseconds = ctr_monotonic_ns()
    private let startCPUNanoseconds = ctr_thread_cpu_ns()
    private var lastReceivedNanoseconds: Int64 = 0
    private var cpuNanoseconds: Int64 = 0

    /// Without a packet for so long after the source has ended, the rest is lost; before, the source is stuck.
    private var patience = LookPatience(at: 0)
    private var isStuck = false

    init(
        _ configuration: XDPTokensConfiguration, _ consumers: TokenConsumers, _ progress: Progress
    ) throws(Failure) {
        self.configuration = configuration
        self.consumers = consumers
        line = XDPLiveLine(
            "xdp tokens", progress, evidence: .kernelAndModel,
            intervalNanoseconds: configuration.traffic.options.intervalNanoseconds)
        do throws(SystemCallError) {
            pace = try Pace(alsoCounting: consumers.all.map(\.page.received))
        } catch {
            throw Failure(error)
        }
    }

    /// Receives until the traffic or the time is over, or Ctrl-C.
    mutating func receiveAll(with chain: inout TokenReceiver) throws(Failure) {
        defer { cpuNanoseconds = ctr_thread_cpu_ns() - startCPUNanoseconds }
        lastReceivedNanoseconds = ctr_monotonic_ns()
        patience.renew(at: lastReceivedNanoseconds)
        while true {
            if Interrupt.isRequested {
                pace.stop.storeRelease(1)
                if configuration.interface != nil { return }
            }
            // Read before RX: if the source had ended and RX is empty now, all that can come has come.
            let hasEnded = pace.finished.loadAcquire() != 0
            let found = chain.drain() > 0
            let now = ctr_monotonic_ns()
            if found {
                lastReceivedNanoseconds = now
                patience.renew(at: now)
            }
            pace.received.storeRelease(unread(chain))
            askForKill(chain, now)
            if line.isDue(at: now) { line.show(try sample(chain), at: now) }
            if isOver(chain, hasEnded: hasEnded, found: found, now) { return }
            if !found { wait(&chain) }
        }
    }

    /// Packets that nobody will read: refused by their socket, or a dead consumer's.
    private func unread(_ chain: borrowing TokenReceiver) -> UInt32 {
        var packets: UInt64 = 0
        for consumer in consumers.all {
            packets &+= chain[consumer.number].refused
            guard consumer.isGone else { continue }
            packets &+= chain[consumer.number].delivered &- UInt64(consumer.page.received.loadAcquire())
        }
        return UInt32(truncatingIfNeeded: packets)
    }

    private mutating func askForKill(_ chain: borrowing TokenReceiver, _ now: Int64) {
        guard configuration.killsOne, !killAsked else { return }
        let isMiddle =
            configuration.interface == nil || configuration.frames != nil
            ? chain.received >= (configuration.frames ?? configuration.traffic.frames) / 2
            : now - startNanoseconds >= configuration.durationNanoseconds / 2
        guard isMiddle else { return }
        killAsked = true
        receivedAtKill = consumers.all.map { chain[$0.number].delivered }
        consumers.killOne()
    }

    private mutating func isOver(_ chain: borrowing TokenReceiver, hasEnded: Bool, found: Bool, _ now: Int64) -> Bool {
        guard configuration.interface == nil else {
            if let frames = configuration.frames, chain.received >= frames { return true }
            let duration = configuration.durationNanoseconds
            return duration > 0 && now - startNanoseconds >= duration
        }
        guard !found else { return false }
        if hasEnded, allIsKnown(chain) { return true }
        guard patience.isOver(at: now) else { return false }
        isStuck = !hasEnded
        return true
    }

    private func allIsKnown(_ chain: borrowing TokenReceiver) -> Bool {
        let inFlight = pace.inFlight
        if inFlight == 0 { return true }
        guard let statistics = try? chain.receiver.statistics() else { return false }
        return UInt32(truncatingIfNeeded: statistics.lostPackets) == inFlight
    }

    private func wait(_ chain: inout TokenReceiver) {
        // With little posted it is the consumers that we wait for, and nobody says when they return something.
        if chain.posted < chain.receiver.socket.geometry.frameCount / 4 {
            usleep(50)
        } else {
            chain.receiver.waitForPackets()
        }
    }

    private func sample(_ chain: borrowing TokenReceiver) throws(Failure) -> XDPLiveLine.Sample {
        try chain.receiver.checkInterface()
        let statistics = try chain.receiver.statistics()
        return XDPLiveLine.Sample(
            packets: chain.received, bytes: chain.bytes, batches: chain.receiver.batches.batches,
            calls: chain.receiver.calls,
            posted: chain.posted, frames: chain.receiver.socket.geometry.frameCount, statistics: statistics,
            refused: consumers.all.reduce(0) { $0 + chain[$1.number].refused })
    }

    // MARK: the end

    /// Checks the run and makes its report.
    ///
    /// - Throws: `Failure` of kind `.invariantBroken` that names what is wrong.
    consuming func report(
        _ chain: inout TokenReceiver, sent: UInt64?, sharedPages: [Int?], kernel: Kernel, binding: Binding,
        _ memory: PacketMemory, _ surroundings: XDPSurroundings
    ) throws(Failure) -> XDPTokensReport {
        let statistics = try chain.receiver.statistics()
        let umem = chain.account()
        let rows = consumers.all.map { consumer in
            TokenConsumerReport(
                consumer, delivered: chain[consumer.number].delivered, refused: chain[consumer.number].refused,
                addresses: chain[consumer.number].addresses,
                afterKill: killAsked ? chain[consumer.number].delivered - receivedAtKill[consumer.number] : nil,
                wasKilled: killAsked && consumer.ending?.exitCode == 128 + SIGKILL,
                sharedPages: sharedPages[consumer.number])
        }
        let seconds = Double(max(lastReceivedNanoseconds - startNanoseconds, 1)) / 1e9
        let clock = TickClock()
        let cost = chain.cost
        let report = XDPTokensReport(
            framesSent: sent, framesReceived: chain.received, bytesReceived: chain.bytes,
            framesReposted: chain.reposted, framesLost: statistics.lostPackets, durationSeconds: seconds,
            receiveNanosecondsPerFrame: clock.nanosecondsPerToken(ConsumerCosts.Phase(cost)),
            disturbedPasses: cost.disturbedBatches,
            batches: chain.receiver.batches.percentiles, calls: chain.receiver.calls,
            cpuNanosecondsPerFrame: Double(cpuNanoseconds) / Double(max(chain.received, 1)),
            wait: configuration.traffic.options.wait, cleanUp: configuration.rings.cleanUp.rawValue,
            mode: GrantedMode(chain.receiver.socket.mode), attachMode: GrantedMode(chain.receiver.attachMode),
            memory: GrantedMode(memory),
            statistics: statistics, umem: umem, consumers: rows, surroundings: surroundings)
        kernel.unbind(binding)
        try TokensVerdict(
            report, strayPackets: chain.strayPackets, pool: binding.pool.audit,
            isClosedLoop: configuration.interface == nil && configuration.traffic.source == .wire, isStuck: isStuck
        ).check()
        return report
    }
}
