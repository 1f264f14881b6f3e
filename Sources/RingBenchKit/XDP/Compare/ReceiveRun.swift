import CTokenRing
import RingKernelModel
import TokenRing
import TokenRingXDP

/// What a receiver is put under.
struct ReceiveLoad: CustomStringConvertible {
    let source: XDPDemoConfiguration.Source
    let packetBytes: UInt32
    let batchSize: UInt32
    /// From one look to the next; 0 looks all the time.
    let coalescedMicroseconds: UInt32
    let frames: UInt64

    var description: String {
        let every = coalescedMicroseconds == 0 ? "" : ", a look every \(coalescedMicroseconds) us"
        return "\(source.rawValue) \(packetBytes) B, batch \(batchSize)\(every)"
    }
}

/// One repetition of one cell: a fresh receiver, its packets, and what they cost.
struct ReceiveRun {
    let kind: ReceiverKind
    let load: ReceiveLoad
    let cpus: [Int]
    let clock: TickClock
    let program: String

    /// Live packets that come in before the receiver looks: what fits into RX with room to spare.
    static let burst: UInt32 = 1024

    /// What was measured.
    struct Figures {
        /// Time of the receiving core per packet, from RX to FILL; user space alone.
        var receiveNanoseconds = 0.0
        /// The same with the drains that were left out.
        var allDrainsNanoseconds = 0.0
        /// CPU time of the receiving thread per packet: with live packets the kernel's receive path is in it, on the wire
        /// poll and wakeups are.
        var cpuNanoseconds = 0.0
        /// Packets per second, source and receiver together.
        var framesPerSecond = 0.0
        /// Drains that were left out, because the core was interrupted.
        var disturbed: UInt64 = 0
    }

    /// Runs on the calling thread, in the namespace of the wire's receiver.
    func run(on wire: VethPair) throws(Failure) -> Figures {
        let contender = try makeContender(on: wire)
        let figures =
            switch load.source {
            case .live: try receiveLive(contender, on: wire)
            case .wire: try receiveWire(contender, on: wire)
            }
        try contender.finish()
        return figures
    }

    private func makeContender(on wire: VethPair) throws(Failure) -> any ReceiveContender {
        var options = XDPOptions()
        options.copyMode = .copy
        options.batchSize = load.batchSize
        switch kind {
        case .swift: return try SwiftContender(interface: wire.receiverName, options: options)
        case .libxdp: return try LibraryContender(interface: wire.receiverName, options: options)
        case .tokens:
            var configuration = XDPTokensConfiguration()
            configuration.traffic.options = options
            // The consumer has a core, and work.
            configuration.traffic.options.wait = .spin
            configuration.traffic.source = load.source
            configuration.traffic.framesPerCall = Self.burst
            configuration.traffic.flows = 1
            configuration.rings.deliveryEntries = Self.burst * 2
            configuration.consumers = 1
            configuration.program = program
            configuration.consumerCPU = cpus[1]
            return try TokenContender(interface: wire.receiverName, configuration: configuration)
        }
    }

    /// The kernel makes the packets on the receiver's own core, as a NIC's softirq beside its application would; then the
    /// receiver's turn is timed.
    private func receiveLive(_ contender: any ReceiveContender, on wire: VethPair) throws(Failure) -> Figures {
        let live: LiveFrames
        do throws(XDPError) {
            live = LiveFrames(
                through: contender.program, from: try NetworkInterface(named: wire.receiverName), queue: 0)
        } catch {
            throw Failure(error)
        }
        let packet = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(load.packetBytes), alignment: 64)
        defer { packet.deallocate() }
        var (meter, elapsed, number) = (DrainMeter(clock), Int64(0), UInt64(0))
        while meter.packets < load.frames, !Interrupt.isRequested {
            NumberedFrame.write(number, into: packet)
            number += 1
            let cpuStart = ctr_thread_cpu_ns()
            let sent = live.send(UnsafeRawBufferPointer(packet), count: Int32(Self.burst))
            guard sent == 0 else {
                throw Failure(SystemCallError("bpf_prog_test_run_opts(live frames)", errno: sent))
            }
            let start = CostMeter.ordered()
            let count = contender.drain()
            meter.add(since: start, until: CostMeter.ordered(), packets: count)
            elapsed += ctr_thread_cpu_ns() - cpuStart
            guard count == UInt64(Self.burst) else {
                throw Failure(
                    .invariantBroken,
                    "\(kind.rawValue): \(count) of \(Self.burst) live packets came; no number is printed")
            }
            contender.settle()
        }
        return figures(meter, cpu: elapsed, elapsed: elapsed)
    }

    /// A sender on the other core, in a closed loop; the receiver looks again and again, or as often as the load says.
    private func receiveWire(_ contender: any ReceiveContender, on wire: VethPair) throws(Failure) -> Figures {
        var traffic = XDPDemoConfiguration()
        traffic.frames = load.frames
        traffic.packetBytes = load.packetBytes
        let pace: Pace
        let others = contender.paceWords
        do throws(SystemCallError) { pace = try Pace(alsoCounting: others) } catch { throw Failure(error) }
        let sender = try XDPDemo.startWireSource(traffic, on: wire, cpu: cpus[1], pace: pace)
        var meter = DrainMeter(clock)
        let cpuStart = ctr_thread_cpu_ns()
        let begin = ctr_monotonic_ns()
        var (last, nextLook, patience) = (begin, begin, LookPatience(at: begin))
        while meter.packets < load.frames, !Interrupt.isRequested {
            while ctr_monotonic_ns() < nextLook { ctr_pause() }
            nextLook = ctr_monotonic_ns() + 1000 * Int64(load.coalescedMicroseconds)
            let before = contender.returned
            let start = CostMeter.ordered()
            let count = contender.drain()
            let end = CostMeter.ordered()
            // An empty look costs nothing; one that gave frames back is part of the packets'.
            if count > 0 || contender.returned != before {
                meter.add(since: start, until: end, packets: count)
                last = ctr_monotonic_ns()
                patience.renew(at: last)
            } else if patience.isOver(at: ctr_monotonic_ns()) {
                break
            }
            if others.isEmpty { pace.received.storeRelease(UInt32(truncatingIfNeeded: contender.paced)) }
        }
        let cpu = ctr_thread_cpu_ns() - cpuStart
        pace.stop.storeRelease(1)
        let sent = try sender.join().get()
        if let error = sent.error { throw Failure(error) }
        guard meter.packets == load.frames || Interrupt.isRequested else {
            throw Failure(
                .invariantBroken,
                "\(kind.rawValue): of \(load.frames) packets \(sent.sentFrames) were sent and \(meter.packets) came; no "
                    + "number is printed")
        }
        return figures(meter, cpu: cpu, elapsed: last - begin)
    }

    private func figures(_ meter: DrainMeter, cpu: Int64, elapsed: Int64) -> Figures {
        Figures(
            receiveNanoseconds: meter.nanosecondsPerPacket, allDrainsNanoseconds: meter.nanosecondsPerPacketOfAll,
            cpuNanoseconds: Double(cpu) / Double(max(meter.packets, 1)),
            framesPerSecond: Double(meter.packets) / Double(max(elapsed, 1)) * 1e9, disturbed: meter.disturbedDrains)
    }
}
