import CTokenRing
import Glibc
import TokenRing
import TokenRingXDP

/// What `ringbench xdp tx` does.
public struct XDPTransmitConfiguration: Sendable {
    /// The interface's name.
    public var interface: String
    /// The queue that sends.
    public var queue: UInt32 = 0
    /// How long, in nanoseconds; 0: until Ctrl-C.
    public var durationNanoseconds: Int64 = 10_000_000_000
    /// Packets to send; nil: until the time is over.
    public var frames: UInt64?
    /// Bytes of each packet, without the frame check sequence.
    public var packetBytes: UInt32 = 64
    /// Source addresses that packets come from in turn.
    public var flows: UInt32 = 64
    /// Packets per second; 0: as fast as they go.
    public var packetsPerSecond: UInt64 = 0
    /// The socket.
    public var options = XDPOptions()

    /// The defaults on an interface.
    public init(interface: String) { self.interface = interface }

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    public func check() throws(Failure) {
        let geometry = try options.checkedGeometry()
        let most = min(NumberedFrame.mostBytes, geometry.chunkBytes)
        guard (NumberedFrame.leastBytes...most).contains(packetBytes) else {
            throw Failure(
                .usage, "--packet-size is \(packetBytes): it must be \(NumberedFrame.leastBytes) to \(most) bytes")
        }
        guard (1...NumberedFrame.mostFlows).contains(flows) else {
            throw Failure(.usage, "--flows is \(flows): it must be 1 to \(NumberedFrame.mostFlows)")
        }
        guard frames ?? 1 > 0 else { throw Failure(.usage, "--frames is 0: it must be at least 1") }
        guard packetsPerSecond <= 1_000_000_000 else {
            throw Failure(.usage, "--rate is \(packetsPerSecond): at most 1000000000, 0 for no limit")
        }
        guard queue < 4096 else { throw Failure(.usage, "--queue is \(queue): it must be 0 to 4095") }
    }

    /// The effective options by their long names.
    public var described: [String: String] {
        var all = options.described
        all["interface"] = interface
        all["queue"] = "\(queue)"
        all["duration"] = "\(durationNanoseconds / 1_000_000)ms"
        if let frames { all["frames"] = "\(frames)" }
        all["packet-size"] = "\(packetBytes)"
        all["flows"] = "\(flows)"
        all["rate"] = "\(packetsPerSecond)"
        return all
    }
}

/// Sends numbered packets through TX of a queue and takes each frame back through COMPLETION.
public enum XDPTransmit {
    /// Sends until there are enough, the time is over, or Ctrl-C, in the calling thread's network namespace.
    ///
    /// - Throws: `Failure`: `.usage` for an option; `.privilege` naming the capability; `.unavailable` if there is no such
    ///   interface or queue, or it goes away; `.invariantBroken` if a frame does not come back once; `.systemCall` otherwise.
    public static func run(
        configuration: XDPTransmitConfiguration, progress: Progress
    ) throws(Failure) -> XDPTransmitReport {
        try configuration.check()
        try Capability.require([.netRaw], for: "xdp tx")
        var sender = try XDPSender(configuration)
        let window = XDPWindow(on: configuration.interface)
        var line = XDPLiveLine("xdp tx", progress, intervalNanoseconds: configuration.options.intervalNanoseconds)
        var rate = TrafficRate(perSecond: configuration.packetsPerSecond)
        let start = ctr_monotonic_ns()
        let cpuStart = ctr_thread_cpu_ns()
        var now = start
        while !Interrupt.isRequested {
            let left = configuration.frames.map { $0 - sender.queued } ?? .max
            let over = configuration.durationNanoseconds > 0 && now - start >= configuration.durationNanoseconds
            if left == 0 || over { break }
            let count = min(left, rate.due(), UInt64(configuration.options.batchSize))
            let queued = try sender.send(upTo: UInt32(count))
            rate.count(UInt64(queued))
            now = ctr_monotonic_ns()
            if line.isDue(at: now) { line.show(try sender.sample(), at: now) }
            if queued == 0 { try sender.wait() }
        }
        try sender.drain()
        return try sender.report(
            seconds: Double(max(ctr_monotonic_ns() - start, 1)) / 1e9, cpuNanoseconds: ctr_thread_cpu_ns() - cpuStart,
            window.end(progress))
    }
}

/// A socket that sends, and the books on its frames. One thread, in the interface's network namespace.
struct XDPSender: ~Copyable {
    /// Packets put into TX.
    private(set) var queued: UInt64 = 0
    private var completed: UInt64 = 0
    private var isContradictory = false
    private var calls = XDPCalls()
    private var socket: XDPSocket
    private var packets: NumberedFrames
    private let free: FreeFrames
    private let batches: BatchSizes
    private let options: XDPOptions
    private let packetBytes: UInt32

    /// Without a frame back for so long, none will come.
    private static let patienceNanoseconds: Int64 = 3_000_000_000

    init(_ configuration: XDPTransmitConfiguration) throws(Failure) {
        let geometry = try configuration.options.checkedGeometry()
        do throws(XDPError) {
            let interface = try NetworkInterface(named: configuration.interface)
            // Some zero-copy drivers want a FILL ring even of a socket that only sends; an empty one will do.
            let umem = try UMEM(
                geometry: geometry, fillEntries: 64, completionEntries: geometry.frameCount)
            socket = try XDPSocket(
                on: interface, queue: configuration.queue, umem: umem, receiveEntries: 0,
                transmitEntries: configuration.options.ringSize, mode: configuration.options.copyMode)
        } catch {
            throw Failure(error)
        }
        options = configuration.options
        packetBytes = configuration.packetBytes
        packets = NumberedFrames(bytes: configuration.packetBytes, flows: configuration.flows)
        batches = BatchSizes(most: configuration.options.batchSize)
        free = FreeFrames(capacity: geometry.frameCount)
        for frame in 0..<geometry.frameCount { _ = free.put(geometry.address(ofFrame: frame)) }
    }

    deinit { free.destroy() }

    /// Queues up to `count` packets, and lets the kernel send what is outstanding.
    ///
    /// - Returns: packets queued.
    mutating func send(upTo count: UInt32) throws(Failure) -> UInt32 {
        let moved = xdpTransmitLoop(
            transmit: &socket.transmit!, completion: &socket.completion, memory: socket.memory.base, free: free,
            geometry: socket.geometry, packets: &packets, count: count)
        if moved.queued > 0 { batches.record(moved.queued) }
        queued &+= UInt64(moved.queued)
        completed &+= UInt64(moved.completed)
        if moved.isContradictory { isContradictory = true }
        if queued != completed, socket.transmit!.asksForWakeup() { try wake() }
        return moved.queued
    }

    private mutating func wake() throws(Failure) {
        calls.wakeups &+= 1
        let error = socket.wakeTransmit()
        switch error {
        // The driver or the socket buffer is full for now.
        case 0, EAGAIN, EBUSY, ENOBUFS, EINTR: return
        default:
            try XDPReceiver.check(socket.interface)
            throw Failure(SystemCallError("sendto on the socket of \(socket.interface.name)", errno: error))
        }
    }

    /// Sleeps until there is room; 20 ms at the most.
    mutating func wait() throws(Failure) {
        guard queued != completed else {
            // The rate holds us back, not the kernel.
            usleep(50)
            return
        }
        calls.waits &+= 1
        _ = socket.waitForRoom(timeoutNanoseconds: 1_000_000)
    }

    /// Waits until every frame is back, as long as some come.
    mutating func drain() throws(Failure) {
        var last = ctr_monotonic_ns()
        while queued != completed, ctr_monotonic_ns() - last < Self.patienceNanoseconds {
            let before = completed
            _ = try send(upTo: 0)
            if completed != before { last = ctr_monotonic_ns() } else { try wait() }
        }
    }

    /// For the live line.
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
    func report(
        seconds: Double, cpuNanoseconds: Int64, _ surroundings: XDPSurroundings
    ) throws(Failure) -> XDPTransmitReport {
        guard !isContradictory, completed <= queued else {
            throw Failure(.invariantBroken, "more frames came back than were sent; no number is printed")
        }
        let outstanding = UInt32(truncatingIfNeeded: queued - completed)
        guard free.count + outstanding == socket.geometry.frameCount else {
            throw Failure(
                .invariantBroken,
                "\(socket.geometry.frameCount - outstanding - free.count) frames are missing; no number is printed")
        }
        return XDPTransmitReport(
            framesQueued: queued, framesSent: completed, framesOutstanding: outstanding,
            bytesSent: completed * UInt64(packetBytes), durationSeconds: seconds,
            framesPerSecond: Double(completed) / seconds,
            cpuNanosecondsPerFrame: Double(cpuNanoseconds) / Double(max(completed, 1)), batches: batches.percentiles,
            calls: calls, mode: GrantedMode(socket.mode), statistics: try statistics(), surroundings: surroundings)
    }
}

/// What `ringbench xdp tx` measured.
public struct XDPTransmitReport: Encodable, Sendable {
    /// Always `kernel`.
    public let evidence = Evidence.kernel
    /// Packets put into TX.
    public let framesQueued: UInt64
    /// Frames that came back through COMPLETION: the kernel has sent them.
    public let framesSent: UInt64
    /// Frames that did not come back before the end; the driver has them.
    public let framesOutstanding: UInt32
    /// Bytes of what was sent, without the frame check sequence.
    public let bytesSent: UInt64
    /// From the first packet to the last frame back, in seconds.
    public let durationSeconds: Double
    /// Packets per second.
    public let framesPerSecond: Double
    /// CPU time of the sending thread per packet, user and system, in nanoseconds.
    public let cpuNanosecondsPerFrame: Double
    /// Packets queued at once; nil if there were none.
    public let batches: BatchPercentiles?
    /// System calls of the data path.
    public let calls: XDPCalls
    /// Copy or zero copy.
    public let mode: GrantedMode
    /// The socket's counters.
    public let statistics: XDPStatistics
    /// What was around it; keys of their own in a result.
    public let surroundings: XDPSurroundings

    private enum CodingKeys: String, CodingKey {
        case evidence, batches, calls, mode, statistics
        case framesQueued = "frames_queued"
        case framesSent = "frames_sent"
        case framesOutstanding = "frames_outstanding"
        case bytesSent = "bytes_sent"
        case durationSeconds = "duration_s"
        case framesPerSecond = "frames_per_s"
        case cpuNanosecondsPerFrame = "cpu_ns_per_frame"
    }
}
