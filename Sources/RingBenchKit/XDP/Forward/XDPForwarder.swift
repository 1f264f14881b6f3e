import Glibc
import TokenRing
import TokenRingXDP

/// Two sockets on one UMEM, or one that does both, and the books on the frames. One thread.
struct XDPForwarder: ~Copyable, XDPWorker {
    private(set) var books = ForwardBooks()
    // Declared before the sockets, so that it goes first.
    private let program: RedirectProgram
    private let attachMode: AttachMode
    private var sendingProgram = SendingProgram()
    private var source: XDPSocket
    private var destination: XDPSocket?
    /// Where and how packets are sent.
    private let sending: (interface: NetworkInterface, mode: CopyMode)
    private let ledger: FrameLedger
    private let batches: BatchSizes
    private var calls = XDPCalls()
    private let options: XDPOptions
    private let memory: PacketMemory
    private var isStopped = false

    init(_ configuration: XDPForwardConfiguration) throws(Failure) {
        let options = configuration.options
        let geometry = try options.checkedGeometry()
        let turnsAround = configuration.turnsAround
        let memory = try options.memory()
        do throws(XDPError) {
            let interface = try NetworkInterface(named: configuration.interface)
            var umem = try UMEM(
                memory: memory.mapping, geometry: geometry, fillEntries: geometry.frameCount * 2,
                completionEntries: geometry.frameCount)
            _ = umem.provide(frames: 0..<geometry.frameCount)
            let first = try XDPSocket(
                on: interface, queue: configuration.queue, umem: umem, receiveEntries: options.ringSize,
                transmitEntries: turnsAround ? options.ringSize : 0, mode: options.copyMode,
                needWakeup: options.needsWakeup, multiBuffer: options.hasFragments)
            try options.preferBusyPolling(first)
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
                try options.preferBusyPolling(socket)
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
        (self.options, self.memory) = (options, memory)
        ledger = FrameLedger(frameCount: geometry.frameCount)
        for frame in 0..<geometry.frameCount { _ = ledger.give(UInt64(frame)) }
        batches = BatchSizes(most: options.batchSize)
    }

    var interfaces: [String] { [source.interface.name, sending.interface.name] }

    var packets: UInt64 { books.forwarded }

    var isUnfinished: Bool { books.frames != books.returned }

    /// Moves a batch, lets the kernel send, and gives back what was sent.
    mutating func pass() throws(Failure) -> Bool {
        let moved = isStopped ? 0 : forward()
        if isUnfinished, options.alwaysWakes || asksForWakeup() { try wake() }
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
            if try sendingProgram.helps(against: error, on: sending.interface, sending.mode) { return }
            try checkInterfaces()
            throw Failure(SystemCallError("sendto", errno: error, hint: "packets cannot be sent there"))
        }
    }

    private func checkInterfaces() throws(Failure) {
        try XDPReceiver.check(source.interface)
        try XDPReceiver.check(sending.interface)
    }

    /// Sleeps until there are packets; not for long while some are being sent. Busy polling, the call is what makes the driver
    /// look.
    mutating func wait() {
        if options.busyPollBudget != nil {
            calls.wakeups &+= 1
            source.wakeReceive()
            return
        }
        guard options.wait == .poll else { return }
        calls.waits &+= 1
        _ = source.waitForPackets(timeoutNanoseconds: isUnfinished ? 100_000 : 20_000_000)
    }

    mutating func stop() {
        isStopped = true
        program.detach()
    }

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
    func report(_ times: XDPRunTimes) throws(Failure) -> XDPRunReport<ForwardedPackets> {
        let statistics = try statistics(of: source)
        let outstanding = books.frames - min(books.returned, books.frames)
        func require(_ holds: Bool, _ sentence: String) throws(Failure) {
            if !holds { throw Failure(.invariantBroken, "\(sentence); no number is printed") }
        }
        try require(books.violations.badAddresses == 0, "\(books.violations.badAddresses) packets lay outside the UMEM")
        try require(
            books.violations.doubledFrames == 0, "\(books.violations.doubledFrames) frames were not where they must be")
        try require(outstanding > 0 || books.received == books.completed, "packets were not sent from where they came")
        try require(
            UInt64(source.geometry.frameCount - ledger.kernelFrames()) == outstanding, "frames are missing")
        return XDPRunReport(
            figures: XDPRunFigures(
                times, packets: books.forwarded, bytes: books.bytes, batches: batches.percentiles, calls: calls,
                wait: options.wait, mode: source.mode, attachMode: attachMode, memory: memory, statistics: statistics),
            packets: ForwardedPackets(
                framesForwarded: books.forwarded, framesReturned: books.returned, bytesForwarded: books.bytes,
                framesLost: statistics.lostPackets, payloadCopies: outstanding > 0 ? nil : 0,
                destinationMode: GrantedMode(sending.mode)))
    }
}
