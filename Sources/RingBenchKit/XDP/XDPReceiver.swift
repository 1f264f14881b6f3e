import CTokenRing
import TokenRing
import TokenRingXDP

/// A socket with its program and the books that are kept on its frames. One thread, in the interface's network namespace.
struct XDPReceiver: ~Copyable {
    // Declared before the socket, so that it goes first; it also holds what it redirects to.
    let program: RedirectProgram
    var socket: XDPSocket
    let attachMode: AttachMode
    let ledger: FrameLedger
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
        let ledger = FrameLedger(frameCount: geometry.frameCount)
        do throws(XDPError) {
            let interface = try NetworkInterface(named: interface)
            var umem = try UMEM(memory: memory, geometry: geometry, fillEntries: geometry.frameCount * 2)
            let given = umem.provide(frames: 0..<min(provided ?? geometry.frameCount, geometry.frameCount))
            for frame in 0..<given { _ = ledger.give(UInt64(frame)) }
            let socket = try XDPSocket(
                on: interface, queue: queue, umem: umem, receiveEntries: options.ringSize, mode: options.copyMode,
                needWakeup: options.needsWakeup, multiBuffer: options.hasFragments)
            if let budget = options.busyPollBudget { try socket.preferBusyPolling(budget: CInt(clamping: budget)) }
            let (program, attachMode) = try Self.attach(socket, options)
            self.program = program
            self.attachMode = attachMode
            self.socket = socket
        } catch {
            throw Failure(error)
        }
        self.ledger = ledger
        self.options = options
        batches = BatchSizes(most: options.batchSize)
    }

    /// Attaches a program that sends the socket's queue to it.
    static func attach(
        _ socket: borrowing XDPSocket, _ options: XDPOptions
    ) throws(XDPError) -> (RedirectProgram, AttachMode) {
        do throws(SystemCallError) {
            let program = try RedirectProgram(
                queues: socket.queue + 1, multiBuffer: options.hasFragments, stampsArrival: options.stampsArrival)
            try program.redirect(to: socket)
            return (program, try program.attach(to: socket.interface, mode: options.attachMode))
        } catch {
            throw .system(error)
        }
    }

    /// Runs the receive loop once and makes the calls that it asks for. False if RX was empty.
    mutating func receive(
        check: inout some FrameCheck, progress: SharedWord, quota: UInt64 = 1 << 16
    ) -> Bool {
        let before = check.received
        let pause =
            _fastPath(!options.isUnaligned)
            ? receive(AlignedFrames(of: socket), &check, progress, quota)
            : receive(UnalignedFrames(of: socket), &check, progress, quota)
        switch pause {
        case .empty: return false
        case .wakeKernel:
            wakeKernel()
            return check.received != before
        case .fillFull: wakeKernel()
        case .quota: break
        }
        return true
    }

    @inline(__always)
    private mutating func receive(
        _ frames: some ReceivedFrames, _ check: inout some FrameCheck, _ progress: SharedWord, _ quota: UInt64
    ) -> ReceivePause {
        xdpReceiveLoop(
            receive: &socket.receive, fill: &socket.fill, frames: frames, ledger: ledger, check: &check,
            violations: &violations, returned: &returnedFrames, batches: batches, progress: progress,
            batchSize: options.batchSize, quota: quota, idlePolls: options.wait == .spin ? 1 << 12 : 0)
    }

    /// Makes the kernel look at FILL.
    mutating func wakeKernel() {
        calls.wakeups &+= 1
        socket.wakeReceive()
    }

    /// Waits as the options say; at most a fiftieth of a second.
    mutating func waitForPackets() {
        // Busy polling, the call is what makes the driver look.
        if options.busyPollBudget != nil { return wakeKernel() }
        guard options.wait == .poll else { return }
        calls.waits &+= 1
        _ = socket.waitForPackets(timeoutNanoseconds: 20_000_000)
    }

    /// - Throws: `Failure` of kind `.unavailable` if the interface is no longer there, or down.
    func checkInterface() throws(Failure) { try Self.check(socket.interface) }

    /// - Throws: `Failure` of kind `.unavailable` if the interface is no longer there, or down.
    static func check(_ interface: NetworkInterface) throws(Failure) {
        guard let now = try? NetworkInterface(named: interface.name), now.index == interface.index else {
            throw Failure(
                .unavailable, "\(interface.name) went away in the middle of the run; `ip link` lists what there is")
        }
        guard interface.isRunning else {
            throw Failure(
                .unavailable,
                "\(interface.name) went down in the middle of the run; `ip link set \(interface.name) up`, and see its peer"
            )
        }
    }

    /// The kernel's counters.
    func statistics() throws(Failure) -> XDPStatistics {
        do throws(SystemCallError) { return try socket.statistics() } catch { throw Failure(error) }
    }

    /// Where every frame of the UMEM is. Exact once the program is detached and RX is empty.
    mutating func account() -> UMEMAccount {
        let capacity = socket.geometry.frameCount * 2
        let free = socket.fill.reserve(upTo: capacity)
        socket.fill.cancel(free.count)
        let waiting = socket.receive.peek(upTo: .max)
        socket.receive.cancel(waiting.count)
        return UMEMAccount(
            frames: socket.geometry.frameCount, frameBytes: socket.geometry.chunkBytes,
            heldByKernel: ledger.kernelFrames(), inFillRing: capacity - free.count, inReceiveRing: waiting.count)
    }
}
