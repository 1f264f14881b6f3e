import CTokenRing
import Glibc
import TokenRing
import TokenRingXDP

/// What `ringbench xdp forward` does.
public struct XDPForwardConfiguration: Sendable {
    /// Where packets are received.
    public var interface: String
    /// The receive queue.
    public var queue: UInt32 = 0
    /// Where they are sent; nil: where they came from.
    public var destination: String?
    /// The queue that sends.
    public var destinationQueue: UInt32 = 0
    /// How long, in nanoseconds; 0: until Ctrl-C.
    public var durationNanoseconds: Int64 = 10_000_000_000
    /// Ends after so many packets; nil: when the time is over.
    public var frames: UInt64?
    /// The sockets.
    public var options = XDPOptions()

    /// The defaults between an interface and itself.
    public init(interface: String) { self.interface = interface }

    /// Whether packets go back to the queue that they came from: one socket does both.
    var turnsAround: Bool { destination ?? interface == interface && destinationQueue == queue }

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    public func check() throws(Failure) {
        _ = try options.checkedGeometry()
        for (option, number) in [("--queue", queue), ("--to-queue", destinationQueue)] where number >= 4096 {
            throw Failure(.usage, "\(option) is \(number): it must be 0 to 4095")
        }
    }

    /// The effective options by their long names.
    public var described: [String: String] {
        var all = options.described
        all["interface"] = interface
        all["queue"] = "\(queue)"
        all["to"] = destination ?? interface
        all["to-queue"] = "\(destinationQueue)"
        all["duration"] = "\(durationNanoseconds / 1_000_000)ms"
        if let frames { all["frames"] = "\(frames)" }
        return all
    }
}

/// Sends what one queue receives through another, or back. The payload stays where the driver wrote it.
public enum XDPForward {
    /// Forwards until there are enough, the time is over, or Ctrl-C, in the calling thread's network namespace.
    ///
    /// - Throws: `Failure`: `.usage` for an option; `.privilege` naming the capability; `.unavailable` if there is no such
    ///   interface or queue, or one goes away; `.invariantBroken` if a packet was sent from anywhere else than it was
    ///   received, or a frame is missing; `.systemCall` otherwise.
    public static func run(
        configuration: XDPForwardConfiguration, progress: Progress
    ) throws(Failure) -> XDPForwardReport {
        try configuration.check()
        try Capability.require([.netAdmin, .netRaw, .bpf], for: "xdp forward")
        var forwarder = try XDPForwarder(configuration)
        let window = XDPWindow(on: configuration.interface, configuration.destination ?? configuration.interface)
        var line = XDPLiveLine("xdp forward", progress, intervalNanoseconds: configuration.options.intervalNanoseconds)
        let start = ctr_monotonic_ns()
        let cpuStart = ctr_thread_cpu_ns()
        var now = start
        while !Interrupt.isRequested {
            let found = try forwarder.pass()
            now = ctr_monotonic_ns()
            if line.isDue(at: now) { line.show(try forwarder.sample(), at: now) }
            if let frames = configuration.frames, forwarder.books.forwarded >= frames { break }
            if configuration.durationNanoseconds > 0, now - start >= configuration.durationNanoseconds { break }
            if !found { forwarder.wait() }
        }
        try forwarder.drain()
        return try forwarder.report(
            seconds: Double(max(now - start, 1)) / 1e9, cpuNanoseconds: ctr_thread_cpu_ns() - cpuStart,
            window.end(progress))
    }
}

/// Two sockets on one UMEM, or one that does both, and the books on the frames. One thread.
struct XDPForwarder: ~Copyable {
    private(set) var books = ForwardBooks()
    // Declared before the sockets, so that it goes first.
    private let program: RedirectProgram
    private let attachMode: AttachMode
    private var source: XDPSocket
    private var destination: XDPSocket?
    /// Where and how packets are sent.
    private let sending: (interface: NetworkInterface, mode: CopyMode)
    private let ledger: FrameLedger
    private let batches: BatchSizes
    private var calls = XDPCalls()
    private let options: XDPOptions

    /// Without a frame back for so long, none will come.
    private static let patienceNanoseconds: Int64 = 3_000_000_000

    init(_ configuration: XDPForwardConfiguration) throws(Failure) {
        let options = configuration.options
        let geometry = try options.checkedGeometry()
        let turnsAround = configuration.turnsAround
        do throws(XDPError) {
            let interface = try NetworkInterface(named: configuration.interface)
            var umem = try UMEM(
                geometry: geometry, fillEntries: geometry.frameCount * 2, completionEntries: geometry.frameCount)
            _ = umem.provide(frames: 0..<geometry.frameCount)
            let first = try XDPSocket(
                on: interface, queue: configuration.queue, umem: umem, receiveEntries: options.ringSize,
                transmitEntries: turnsAround ? options.ringSize : 0, mode: options.copyMode)
            let second: XDPSocket?
            let target: (NetworkInterface, CopyMode)
            if turnsAround {
                second = nil
                target = (interface, first.mode)
            } else {
                let socket = try XDPSocket(
                    sharing: first, on: try NetworkInterface(named: configuration.destination ?? interface.name),
                    queue: configuration.destinationQueue, fillEntries: 64, completionEntries: geometry.frameCount,
                    receiveEntries: 0, transmitEntries: options.ringSize)
                target = (socket.interface, socket.mode)
                second = consume socket
            }
            let (attached, mode) = try XDPReceiver.attach(first, options)
            (program, attachMode, sending) = (attached, mode, target)
            source = first
            destination = second
        } catch {
            throw Failure(error)
        }
        self.options = options
        ledger = FrameLedger(frameCount: geometry.frameCount)
        for frame in 0..<geometry.frameCount { _ = ledger.give(UInt64(frame)) }
        batches = BatchSizes(most: options.batchSize)
    }

    /// Moves a batch, lets the kernel send, and gives back what was sent. False if nothing was there to do.
    mutating func pass(receives: Bool = true) throws(Failure) -> Bool {
        let moved = receives ? forward() : 0
        if books.forwarded != books.returned, asksForWakeup() { try wake() }
        let back = recycle()
        return moved != 0 || back > 0
    }

    /// Packets moved; nil if TX was full.
    private mutating func forward() -> UInt32? {
        let memory = source.memory.base
        let geometry = source.geometry
        let bytes = UInt64(geometry.byteCount)
        if destination != nil {
            return xdpForwardLoop(
                receive: &source.receive, transmit: &destination!.transmit!, memory: memory, byteCount: bytes,
                geometry: geometry, ledger: ledger, books: &books, turnsAround: false, batches: batches,
                batchSize: options.batchSize)
        }
        return xdpForwardLoop(
            receive: &source.receive, transmit: &source.transmit!, memory: memory, byteCount: bytes,
            geometry: geometry, ledger: ledger, books: &books, turnsAround: true, batches: batches,
            batchSize: options.batchSize)
    }

    private mutating func recycle() -> UInt32 {
        let geometry = source.geometry
        if destination != nil {
            return xdpRecycleLoop(
                completion: &destination!.completion, fill: &source.fill, geometry: geometry, ledger: ledger,
                books: &books)
        }
        return xdpRecycleLoop(
            completion: &source.completion, fill: &source.fill, geometry: geometry, ledger: ledger, books: &books)
    }

    private mutating func asksForWakeup() -> Bool {
        destination != nil ? destination!.transmit!.asksForWakeup() : source.transmit!.asksForWakeup()
    }

    private mutating func wake() throws(Failure) {
        calls.wakeups &+= 1
        let error = destination != nil ? destination!.wakeTransmit() : source.wakeTransmit()
        guard [0, EAGAIN, EBUSY, ENOBUFS, EINTR].contains(error) else {
            try checkInterfaces()
            throw Failure(SystemCallError("sendto", errno: error, hint: "packets cannot be sent there"))
        }
    }

    private func checkInterfaces() throws(Failure) {
        try XDPReceiver.check(source.interface)
        try XDPReceiver.check(sending.interface)
    }

    /// Sleeps until there are packets; not for long while some are being sent.
    mutating func wait() {
        guard options.wait == .poll else { return }
        calls.waits &+= 1
        let isIdle = books.forwarded == books.returned
        _ = source.waitForPackets(timeoutNanoseconds: isIdle ? 20_000_000 : 100_000)
    }

    /// Takes no more packets, and waits until what was queued is sent.
    mutating func drain() throws(Failure) {
        program.detach()
        var last = ctr_monotonic_ns()
        while books.forwarded != books.returned, ctr_monotonic_ns() - last < Self.patienceNanoseconds {
            if try pass(receives: false) { last = ctr_monotonic_ns() }
        }
    }

    /// For the live line.
    func sample() throws(Failure) -> XDPLiveLine.Sample {
        try checkInterfaces()
        return XDPLiveLine.Sample(
            packets: books.forwarded, bytes: books.bytes, batches: batches.batches, calls: calls,
            posted: ledger.kernelFrames(), frames: source.geometry.frameCount, statistics: try statistics(of: source))
    }

    private func statistics(of socket: borrowing XDPSocket) throws(Failure) -> XDPStatistics {
        do throws(SystemCallError) { return try socket.statistics() } catch { throw Failure(error) }
    }

    /// The report, if every packet was sent from where it was received.
    func report(
        seconds: Double, cpuNanoseconds: Int64, _ surroundings: XDPSurroundings
    ) throws(Failure) -> XDPForwardReport {
        let statistics = try statistics(of: source)
        let outstanding = books.forwarded - min(books.returned, books.forwarded)
        func require(_ holds: Bool, _ sentence: String) throws(Failure) {
            if !holds { throw Failure(.invariantBroken, "\(sentence); no number is printed") }
        }
        try require(books.violations.badAddresses == 0, "\(books.violations.badAddresses) packets lay outside the UMEM")
        try require(
            books.violations.doubledFrames == 0, "\(books.violations.doubledFrames) frames were not where they must be")
        try require(outstanding > 0 || books.received == books.completed, "packets were not sent from where they came")
        try require(
            UInt64(source.geometry.frameCount - ledger.kernelFrames()) == outstanding, "frames are missing")
        return XDPForwardReport(
            framesForwarded: books.forwarded, framesReturned: books.returned, bytesForwarded: books.bytes,
            framesLost: statistics.lostPackets, payloadCopies: outstanding > 0 ? nil : 0, durationSeconds: seconds,
            framesPerSecond: Double(books.forwarded) / seconds,
            cpuNanosecondsPerFrame: Double(cpuNanoseconds) / Double(max(books.forwarded, 1)),
            batches: batches.percentiles, calls: calls, wait: options.wait, mode: GrantedMode(source.mode),
            destinationMode: GrantedMode(sending.mode), attachMode: GrantedMode(attachMode),
            statistics: statistics, surroundings: surroundings)
    }
}

/// What `ringbench xdp forward` measured.
public struct XDPForwardReport: Encodable, Sendable {
    /// Always `kernel`.
    public let evidence = Evidence.kernel
    /// Packets taken from RX and queued in TX.
    public let framesForwarded: UInt64
    /// Frames that were sent, came back through COMPLETION and went to FILL.
    public let framesReturned: UInt64
    /// Bytes forwarded, without the frame check sequence.
    public let bytesForwarded: UInt64
    /// Packets that reached the receiving socket and were dropped there.
    public let framesLost: UInt64
    /// Packets that were sent from another address than they were received at; always 0, otherwise there is no report. Nil if
    /// some were not sent in time, and so not compared.
    public let payloadCopies: UInt64?
    /// How long was forwarded, in seconds.
    public let durationSeconds: Double
    /// Packets per second.
    public let framesPerSecond: Double
    /// CPU time of the thread per packet, user and system, in nanoseconds.
    public let cpuNanosecondsPerFrame: Double
    /// Packets a batch; nil if none came.
    public let batches: BatchPercentiles?
    /// System calls of the data path.
    public let calls: XDPCalls
    /// How it waited.
    public let wait: XDPWait
    /// Copy or zero copy, where packets come from.
    public let mode: GrantedMode
    /// Copy or zero copy, where they go.
    public let destinationMode: GrantedMode
    /// Native or skb.
    public let attachMode: GrantedMode
    /// The receiving socket's counters.
    public let statistics: XDPStatistics
    /// What was around it; keys of their own in a result.
    public let surroundings: XDPSurroundings

    private enum CodingKeys: String, CodingKey {
        case evidence, batches, calls, wait, mode, statistics
        case framesForwarded = "frames_forwarded"
        case framesReturned = "frames_returned"
        case bytesForwarded = "bytes_forwarded"
        case framesLost = "frames_lost"
        case payloadCopies = "payload_copies"
        case durationSeconds = "duration_s"
        case framesPerSecond = "frames_per_s"
        case cpuNanosecondsPerFrame = "cpu_ns_per_frame"
        case destinationMode = "to_mode"
        case attachMode = "attach_mode"
    }
}
