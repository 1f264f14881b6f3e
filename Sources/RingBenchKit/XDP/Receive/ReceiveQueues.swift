import Glibc
import TokenRing
import TokenRingXDP

/// One or several queues of an interface. Several share a UMEM: each has a part of its frames, and a FILL, COMPLETION and RX
/// ring of its own. A frame that comes out of another queue than it went into is a violation. One thread.
struct ReceiveQueues<Check: ByteCountingCheck>: ~Copyable, XDPWorker {
    /// Looks at the packets of all queues.
    private(set) var check: Check
    private var receivers: OwnedArray<XDPReceiver>
    private let memory: PacketMemory
    /// Of each: its frames, and what came through it.
    private var parts: [(frames: UInt32, packets: UInt64, bytes: UInt64)] = []
    private let options: XDPOptions
    /// What poll sleeps on.
    private var polled: [pollfd] = []
    /// Sleeps on all of several queues, which are no single one's.
    private var waits: UInt64 = 0
    /// The loop says here how far it is; nobody asks.
    private let pace: Pace

    /// Binds all queues, and attaches the program last.
    init(_ configuration: XDPReceiveConfiguration, _ check: Check) throws(Failure) {
        let pace: Pace
        do throws(SystemCallError) { pace = try Pace() } catch { throw Failure(error) }
        let memory = try configuration.options.memory()
        var each = configuration.options
        // One of several queues is left at once for the next.
        if configuration.queues.count > 1 { each.wait = .poll }
        receivers = try XDPReceiver.sharing(
            memory.mapping, interface: configuration.interface, queues: configuration.queues, options: each)
        (self.check, self.pace, self.memory, options) = (check, pace, memory, configuration.options)
        for queue in 0..<receivers.count {
            parts.append((receivers[queue].ledger.kernelFrames(), 0, 0))
            polled.append(pollfd(fd: receivers[queue].socket.descriptor, events: Int16(POLLIN), revents: 0))
        }
    }

    var interfaces: [String] { [receivers[0].socket.interface.name] }

    var packets: UInt64 { check.received }

    var isUnfinished: Bool {
        for queue in 0..<receivers.count where receivers[queue].socket.receive.indices.waiting > 0 { return true }
        return false
    }

    mutating func pass() -> Bool {
        // One queue goes on until it is empty, several take turns.
        let quota = receivers.count > 1 ? UInt64(options.batchSize) : 1 << 16
        var found = false
        for queue in 0..<receivers.count {
            let (packets, bytes) = (check.received, check.bytes)
            if receivers[queue].receive(check: &check, progress: pace.received, quota: quota) > 0 { found = true }
            parts[queue].packets &+= check.received &- packets
            parts[queue].bytes &+= check.bytes &- bytes
        }
        return found
    }

    mutating func wait() {
        guard receivers.count > 1 else { return receivers[0].waitForPackets() }
        guard options.busyPollBudget == nil else {
            for queue in 0..<receivers.count { receivers[queue].wakeKernel() }
            return
        }
        guard options.wait == .poll else { return }
        waits &+= 1
        _ = poll(&polled, nfds_t(polled.count), 20)
    }

    mutating func stop() { receivers[0].program.detach() }

    func sample() throws(Failure) -> XDPLiveLine.Sample {
        try receivers[0].checkInterface()
        var sample = XDPLiveLine.Sample(packets: check.received, bytes: check.bytes, calls: calls)
        sample.frames = receivers[0].socket.geometry.frameCount
        for queue in 0..<receivers.count {
            sample.batches += receivers[queue].batches.batches
            sample.posted += receivers[queue].ledger.kernelFrames()
            sample.statistics.add(try receivers[queue].statistics())
            if receivers.count > 1 {
                sample.queues.append((receivers[queue].socket.queue, parts[queue].packets))
            }
        }
        return sample
    }

    private var calls: XDPCalls {
        var all = XDPCalls(waits: waits)
        for queue in 0..<receivers.count { all.add(receivers[queue].calls) }
        return all
    }

    /// The report, if the kernel delivered no frame that it did not have.
    mutating func report(
        _ times: XDPRunTimes, residence: LatencyHistogram?
    ) throws(Failure) -> XDPRunReport<ReceivedPackets> {
        let sizes = BatchSizes(most: options.batchSize)
        var (statistics, returned) = (XDPStatistics(), UInt64(0))
        var rows: [ReceivedPackets.Queue] = []
        for queue in 0..<receivers.count {
            let violations = receivers[queue].violations
            guard violations.total == 0 else {
                throw Failure(
                    .invariantBroken,
                    "\(violations.badAddresses) descriptors pointed outside the UMEM and "
                        + "\(violations.doubledFrames) frames came that the kernel did not have there; no number is printed"
                )
            }
            let own = try receivers[queue].statistics()
            statistics.add(own)
            returned += receivers[queue].returnedFrames
            sizes.add(receivers[queue].batches)
            rows.append(
                ReceivedPackets.Queue(
                    queue: receivers[queue].socket.queue, framesReceived: parts[queue].packets,
                    bytesReceived: parts[queue].bytes, framesReturned: receivers[queue].returnedFrames,
                    framesLost: own.lostPackets, mode: GrantedMode(receivers[queue].socket.mode), statistics: own,
                    umem: receivers[queue].account(of: parts[queue].frames)))
        }
        return XDPRunReport(
            figures: XDPRunFigures(
                times, packets: check.received, bytes: check.bytes, batches: sizes.percentiles, calls: calls,
                wait: options.wait, mode: receivers[0].socket.mode, attachMode: receivers[0].attachMode,
                memory: memory, statistics: statistics),
            packets: ReceivedPackets(
                framesReceived: check.received, bytesReceived: check.bytes, framesReturned: returned,
                framesLost: statistics.lostPackets, residence: residence, umem: UMEMAccount(rows.map(\.umem)),
                queues: rows.count > 1 ? rows : nil))
    }
}
