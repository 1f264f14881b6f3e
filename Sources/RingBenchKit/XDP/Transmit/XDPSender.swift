import CTokenRing
import Glibc
import TokenRing
import TokenRingXDP

/// A socket that sends, and the books on its frames. One thread, in the interface's network namespace.
struct XDPSender: ~Copyable, XDPWorker {
    /// Packets put into TX.
    private(set) var queued: UInt64 = 0
    private var completed: UInt64 = 0
    private var isContradictory = false
    private var calls = XDPCalls()
    // Declared before the socket, so that it goes first.
    private var program = SendingProgram()
    private var socket: XDPSocket
    private var numbered: NumberedFrames
    private let free: FreeFrames
    private let batches: BatchSizes
    private let options: XDPOptions
    private let packetBytes: UInt32
    private let memory: PacketMemory
    /// Packets that there may be; the rate lets them go.
    private var allowed: UInt64
    private var rate: TrafficRate

    init(_ configuration: XDPTransmitConfiguration) throws(Failure) {
        let options = configuration.options
        let geometry = try options.checkedGeometry()
        let memory = try options.memory()
        do throws(XDPError) {
            let interface = try NetworkInterface(named: configuration.interface)
            // Some zero-copy drivers want a FILL ring even of a socket that only sends; an empty one will do.
            let umem = try UMEM(
                memory: memory.mapping, geometry: geometry, fillEntries: 64, completionEntries: geometry.frameCount)
            let bound = try XDPSocket(
                on: interface, queue: configuration.queue, umem: umem, receiveEntries: 0,
                transmitEntries: options.ringSize, mode: options.copyMode, needWakeup: options.needsWakeup)
            try options.preferBusyPolling(bound)
            socket = bound
        } catch {
            throw Failure(error)
        }
        (self.options, self.memory) = (options, memory)
        packetBytes = configuration.packetBytes
        allowed = configuration.limit.frames ?? .max
        rate = TrafficRate(perSecond: configuration.packetsPerSecond)
        numbered = NumberedFrames(bytes: configuration.packetBytes, flows: configuration.flows)
        batches = BatchSizes(most: configuration.options.batchSize)
        free = FreeFrames(capacity: geometry.frameCount)
        for frame in 0..<geometry.frameCount { _ = free.put(geometry.address(ofFrame: frame)) }
    }

    deinit { free.destroy() }

    var interfaces: [String] { [socket.interface.name] }

    var packets: UInt64 { queued }

    var isUnfinished: Bool { queued != completed }

    /// Takes back what was sent, queues what the limit and the rate allow, and lets the kernel send.
    mutating func pass() throws(Failure) -> Bool {
        let count = UInt32(min(allowed - queued, rate.due(), UInt64(options.batchSize)))
        let moved = xdpTransmitLoop(
            transmit: &socket.transmit!, completion: &socket.completion, memory: socket.memory.base, free: free,
            geometry: socket.geometry, packets: &numbered, count: count)
        rate.count(UInt64(moved.queued))
        if moved.queued > 0 { batches.record(moved.queued) }
        queued &+= UInt64(moved.queued)
        completed &+= UInt64(moved.completed)
        if moved.isContradictory { isContradictory = true }
        if isUnfinished, options.alwaysWakes || socket.transmit!.asksForWakeup() { try wake() }
        return moved.queued > 0 || moved.completed > 0
    }

    private mutating func wake() throws(Failure) {
        calls.wakeups &+= 1
        let error = socket.wakeTransmit()
        switch error {
        // The driver or the socket buffer is full for now.
        case 0, EAGAIN, EBUSY, ENOBUFS, EINTR: return
        default:
            if try program.helps(against: error, on: socket.interface, socket.mode) { return }
            try XDPReceiver.check(socket.interface)
            throw Failure(SystemCallError("sendto on the socket of \(socket.interface.name)", errno: error))
        }
    }

    /// Sleeps until there is room; 20 ms at the most.
    mutating func wait() throws(Failure) {
        guard isUnfinished else {
            // The rate holds us back, not the kernel.
            usleep(50)
            return
        }
        calls.waits &+= 1
        _ = socket.waitForRoom(timeoutNanoseconds: 1_000_000)
    }

    mutating func stop() { allowed = queued }

    func sample() throws(Failure) -> XDPLiveLine.Sample {
        try XDPReceiver.check(socket.interface)
        return XDPLiveLine.Sample(
            packets: completed, bytes: completed &* UInt64(packetBytes), batches: batches.batches, calls: calls,
            posted: UInt32(truncatingIfNeeded: queued &- completed), frames: socket.geometry.frameCount,
            statistics: try statistics())
    }

    private func statistics() throws(Failure) -> XDPStatistics {
        do throws(SystemCallError) { return try socket.statistics() } catch { throw Failure(error) }
    }

    /// The report, if every frame is where it must be.
    func report(_ times: XDPRunTimes) throws(Failure) -> XDPRunReport<SentPackets> {
        guard !isContradictory, completed <= queued else {
            throw Failure(.invariantBroken, "more frames came back than were sent; no number is printed")
        }
        let outstanding = UInt32(truncatingIfNeeded: queued - completed)
        guard free.count + outstanding == socket.geometry.frameCount else {
            throw Failure(
                .invariantBroken,
                "\(socket.geometry.frameCount - outstanding - free.count) frames are missing; no number is printed")
        }
        let bytes = completed * UInt64(packetBytes)
        return XDPRunReport(
            figures: XDPRunFigures(
                times, packets: completed, bytes: bytes, batches: batches.percentiles, calls: calls, wait: options.wait,
                mode: socket.mode, attachMode: program.mode, memory: memory, statistics: try statistics()),
            packets: SentPackets(
                framesQueued: queued, framesSent: completed, framesOutstanding: outstanding, bytesSent: bytes))
    }
}
