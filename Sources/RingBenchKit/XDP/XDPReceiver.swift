import CTokenRing
import Glibc
import TokenRing
import TokenRingXDP

/// A socket with its program and the books that are kept on its frames. One thread, in the interface's network namespace.
struct XDPReceiver: ~Copyable {
    // Declared before the socket, so that it goes first; it also holds what it redirects to.
    let program: RedirectProgram
    var socket: XDPSocket
    let attachMode: AttachMode
    let ledger: FrameLedger
    /// The UMEM's frames, where they are aligned.
    let frames: AlignedFrames
    var violations = ReceiveViolations()
    /// Frames given back through FILL.
    var returnedFrames: UInt64 = 0
    /// System calls of the data path.
    var calls = XDPCalls()
    /// Packets of each batch taken from RX.
    let batches: BatchSizes
    let options: XDPOptions

    /// Binds, fills FILL with all frames or the first `provided`, and attaches the program last.
    ///
    /// - Parameter memory: the UMEM's, private memory if nil.
    init(
        interface: String, queue: UInt32, options: XDPOptions, memory: Mapping? = nil, provide provided: UInt32? = nil
    ) throws(Failure) {
        let geometry = try options.checkedGeometry()
        let frames = 0..<min(provided ?? geometry.frameCount, geometry.frameCount)
        do throws(XDPError) {
            let socket = try Self.bind(interface, queue, options, geometry, memory, frames)
            let (program, attachMode) = try Self.attach(socket, options)
            self.init(socket, frames: frames, program, attachMode, options)
        } catch {
            throw Failure(error)
        }
    }

    /// Binds queues to one UMEM, an equal part of its frames in the FILL ring of each, and attaches the program last.
    static func sharing(
        _ memory: Mapping, interface: String, queues: [UInt32], options: XDPOptions
    ) throws(Failure) -> OwnedArray<XDPReceiver> {
        let geometry = try options.checkedGeometry()
        let bounds = (0...queues.count).map { UInt32(Int(geometry.frameCount) * $0 / queues.count) }
        do throws(XDPError) {
            var sockets = OwnedArray<XDPSocket>(capacity: queues.count)
            sockets.append(try bind(interface, queues[0], options, geometry, memory, 0..<bounds[1]))
            for (number, queue) in queues.enumerated().dropFirst() {
                let socket = try XDPSocket(
                    sharing: sockets[0], on: sockets[0].interface, queue: queue, fillEntries: geometry.frameCount * 2,
                    fillFrames: bounds[number]..<bounds[number + 1], receiveEntries: options.ringSize)
                try options.preferBusyPolling(socket)
                sockets.append(socket)
            }
            let (program, attachMode) = try attach(
                queues: (queues.max() ?? 0) + 1, to: sockets[0].interface, options
            ) { program throws(SystemCallError) in
                for number in 0..<sockets.count { try program.redirect(to: sockets[number]) }
            }
            return sockets.map { socket, number in
                XDPReceiver(socket, frames: bounds[number]..<bounds[number + 1], program, attachMode, options)
            }
        } catch {
            throw Failure(error)
        }
    }

    private init(
        _ socket: consuming XDPSocket, frames: Range<UInt32>, _ program: RedirectProgram, _ attachMode: AttachMode,
        _ options: XDPOptions
    ) {
        ledger = FrameLedger(frameCount: socket.geometry.frameCount)
        for frame in frames { _ = ledger.give(UInt64(frame)) }
        self.frames = AlignedFrames(of: socket)
        self.program = program
        self.attachMode = attachMode
        self.socket = socket
        self.options = options
        batches = BatchSizes(most: options.batchSize)
    }

    private static func bind(
        _ name: String, _ queue: UInt32, _ options: XDPOptions, _ geometry: FrameGeometry, _ memory: Mapping?,
        _ frames: Range<UInt32>
    ) throws(XDPError) -> XDPSocket {
        let interface = try NetworkInterface(named: name)
        var umem = try UMEM(memory: memory, geometry: geometry, fillEntries: geometry.frameCount * 2)
        _ = umem.provide(frames: frames)
        let socket = try XDPSocket(
            on: interface, queue: queue, umem: umem, receiveEntries: options.ringSize, mode: options.copyMode,
            needWakeup: options.needsWakeup, multiBuffer: options.hasFragments)
        try options.preferBusyPolling(socket)
        return socket
    }

    /// Attaches a program that sends the socket's queue to it.
    static func attach(
        _ socket: borrowing XDPSocket, _ options: XDPOptions
    ) throws(XDPError) -> (RedirectProgram, AttachMode) {
        try attach(queues: socket.queue + 1, to: socket.interface, options) { program throws(SystemCallError) in
            try program.redirect(to: socket)
        }
    }

    /// Loads a program for queues 0 ..< `queues`, lets `insert` put sockets in, and attaches it.
    private static func attach(
        queues: UInt32, to interface: NetworkInterface, _ options: XDPOptions,
        _ insert: (RedirectProgram) throws(SystemCallError) -> Void
    ) throws(XDPError) -> (RedirectProgram, AttachMode) {
        do throws(SystemCallError) {
            let program = try RedirectProgram(
                queues: queues, multiBuffer: options.hasFragments, stampsArrival: options.stampsArrival)
            try insert(program)
            return (program, try program.attach(to: interface, mode: options.attachMode))
        } catch {
            throw .system(error)
        }
    }

    /// Receives until RX is empty or `quota` packets were taken, and makes the call that the kernel asks for.
    ///
    /// - Returns: packets taken; 0 if RX was empty.
    @inline(__always)
    mutating func receive(
        check: inout some FrameCheck, progress: SharedWord, quota: UInt64 = 1 << 16
    ) -> UInt64 {
        _fastPath(!options.isUnaligned)
            ? xdpReceiveLoop(&self, frames: AlignedFrames.self, check: &check, progress: progress, quota: quota)
            : xdpReceiveLoop(&self, frames: UnalignedFrames.self, check: &check, progress: progress, quota: quota)
    }

    /// Makes the kernel look at FILL.
    @inline(never)
    mutating func wakeKernel() {
        calls.wakeups &+= 1
        socket.wakeReceive()
    }

    /// Waits as the options say; at most a fiftieth of a second.
    mutating func waitForPackets() {
        // Busy polling, the call is what makes the driver look.
        if options.busyPollBudget != nil { return wakeKernel() }
        switch options.wait {
        case .spin:
            var looks = 1 << 12
            while looks > 0, socket.receive.indices.waiting == 0 {
                ctr_pause()
                looks -= 1
            }
        case .poll:
            calls.waits &+= 1
            _ = socket.waitForPackets(timeoutNanoseconds: 20_000_000)
        }
    }

    /// - Throws: `Failure` of kind `.unavailable` if the interface is no longer there, or down.
    func checkInterface() throws(Failure) { try Self.check(socket.interface) }

    /// - Throws: `Failure` of kind `.unavailable` if the interface is no longer there, or down.
    static func check(_ interface: NetworkInterface) throws(Failure) {
        try checkPresence(of: interface)
        guard !interface.isRunning else { return }
        // One that is being deleted is down before it is gone.
        for _ in 0..<10 {
            usleep(50_000)
            try checkPresence(of: interface)
        }
        throw Failure(
            .unavailable,
            "\(interface.name) went down in the middle of the run; `ip link set \(interface.name) up`, and see its peer"
        )
    }

    private static func checkPresence(of interface: NetworkInterface) throws(Failure) {
        guard let now = try? NetworkInterface(named: interface.name), now.index == interface.index else {
            throw Failure(
                .unavailable, "\(interface.name) went away in the middle of the run; `ip link` lists what there is")
        }
    }

    /// The kernel's counters.
    func statistics() throws(Failure) -> XDPStatistics {
        do throws(SystemCallError) { return try socket.statistics() } catch { throw Failure(error) }
    }

    /// Where every frame is of the UMEM, or of the part of it that this queue has. Exact once the program is detached and RX
    /// is empty.
    ///
    /// - Parameter heldByKernel: if somebody else knows, frames that the kernel has.
    mutating func account(of frames: UInt32? = nil, heldByKernel: UInt32? = nil) -> UMEMAccount {
        let capacity = socket.geometry.frameCount * 2
        let free = socket.fill.reserve(upTo: capacity)
        socket.fill.cancel(free.count)
        let waiting = socket.receive.peek(upTo: .max)
        socket.receive.cancel(waiting.count)
        return UMEMAccount(
            frames: frames ?? socket.geometry.frameCount, frameBytes: socket.geometry.chunkBytes,
            heldByKernel: heldByKernel ?? ledger.kernelFrames(), inFillRing: capacity - free.count,
            inReceiveRing: waiting.count)
    }
}
