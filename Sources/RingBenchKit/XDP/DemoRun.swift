import CTokenRing
import TokenRing
import TokenRingXDP

/// One run of the demo as its receiver sees it: until all has come, and then whether all is right.
struct DemoRun: ~Copyable {
    var check: NumberedCheck
    private let configuration: XDPDemoConfiguration
    private let pace: Pace
    private var lastReceivedNanoseconds: Int64 = 0
    /// Nothing came any more, and the source, which waits for what is on the way, had not ended.
    private var isStuck = false
    private let arrivals: InterfaceArrivals

    /// Made on the thread that receives from `interface`, before anything is sent.
    init(configuration: XDPDemoConfiguration, pace: Pace, on interface: String) {
        self.configuration = configuration
        self.pace = pace
        arrivals = InterfaceArrivals(on: interface)
        check = NumberedCheck(
            length: configuration.packetBytes, copies: UInt64(configuration.copies), frames: configuration.frames)
    }

    /// Receives until everything that was sent has arrived or is counted as dropped, or Ctrl-C.
    mutating func receiveAll(into receiver: inout XDPReceiver, progress: Progress) {
        var now = ctr_monotonic_ns()
        lastReceivedNanoseconds = now
        // Without a packet for so long after the source has ended, the rest is lost; before, the source is stuck.
        var patience = LookPatience(at: now)
        var nextLine = now + 1_000_000_000
        var lineFrames: UInt64 = 0
        while true {
            // Ctrl-C stops the source; what is on the way is still received, or it would look lost.
            if Interrupt.isRequested { pace.stop.storeRelease(1) }
            let before = check.received
            // Read before RX: if the source had ended and RX is empty now, all that can come has come.
            let hasEnded = pace.finished.loadAcquire() != 0
            let found = receiver.receive(check: &check, progress: pace.received) > 0
            now = ctr_monotonic_ns()
            if check.received != before {
                lastReceivedNanoseconds = now
                patience.renew(at: now)
            }
            if now >= nextLine {
                progress.step(
                    "xdp: \(check.received) of \(configuration.frames) packets, "
                        + "\(check.received - lineFrames) per s")
                lineFrames = check.received
                nextLine = now + 1_000_000_000
            }
            if found { continue }
            if hasEnded, allIsKnown(receiver) { return }
            if patience.isOver(at: now) {
                isStuck = !hasEnded
                return
            }
            receiver.waitForPackets()
        }
    }

    private func allIsKnown(_ receiver: borrowing XDPReceiver) -> Bool {
        let inFlight = pace.inFlight
        if inFlight == 0 { return true }
        guard let statistics = try? receiver.statistics() else { return false }
        return UInt32(truncatingIfNeeded: statistics.lostPackets) == inFlight
    }

    /// Checks the run and makes its report.
    ///
    /// - Throws: `Failure` of kind `.invariantBroken` that names what is wrong.
    consuming func report(
        source: SourceResult, receiver: inout XDPReceiver, memory: PacketMemory, cpuNanoseconds: Int64, cpus: [Int],
        surroundings: XDPSurroundings
    ) throws(Failure) -> XDPReport {
        let statistics = try receiver.statistics()
        let umem = receiver.account()
        let lost = source.sentFrames > check.received ? source.sentFrames - check.received : 0
        let losses = XDPLosses(lost: lost, statistics: statistics)
        try verify(
            sent: source.sentFrames, losses: losses, lost: lost, umem: umem, violations: receiver.violations,
            mode: receiver.socket.mode.granted)
        let seconds = Double(max(lastReceivedNanoseconds - source.startedNanoseconds, 1)) / 1e9
        return XDPReport(
            source: configuration.source, evidence: .kernel, framesSent: source.sentFrames,
            framesReceived: check.received, framesReturned: receiver.returnedFrames, framesLost: lost,
            framesCorrupt: check.corrupt, framesForeign: check.foreign, packetBytes: configuration.packetBytes,
            durationSeconds: seconds, framesPerSecond: Double(check.received) / seconds,
            cpuNanosecondsPerFrame: Double(cpuNanoseconds) / Double(max(check.received, 1)),
            wait: configuration.options.wait, windowFrames: configuration.effectiveWindow, cpus: cpus,
            mode: GrantedMode(receiver.socket.mode), attachMode: GrantedMode(receiver.attachMode),
            memory: GrantedMode(memory), statistics: statistics, losses: losses, umem: umem,
            surroundings: surroundings)
    }

    private func verify(
        sent: UInt64, losses: XDPLosses, lost: UInt64, umem: UMEMAccount, violations: ReceiveViolations,
        mode: CopyMode.Granted
    ) throws(Failure) {
        func require(_ holds: Bool, _ sentence: String) throws(Failure) {
            if !holds { throw Failure(.invariantBroken, "\(sentence); no number is printed") }
        }
        try require(check.corrupt == 0, "\(check.corrupt) packets arrived with wrong bytes")
        try require(check.outOfOrder == 0, "\(check.outOfOrder) packets arrived late or twice")
        try require(check.received <= sent, "\(check.received) packets arrived of \(sent) that were sent")
        try require(violations.badAddresses == 0, "\(violations.badAddresses) descriptors pointed outside the UMEM")
        try require(
            violations.doubledFrames == 0, "\(violations.doubledFrames) frames came that the kernel did not have")
        let course =
            "\(sent) were sent, \(arrivals.sentence), \(check.received) came"
            + (isStuck ? ", and then nothing came for \(LookPatience.seconds) s" : "")
        try require(
            losses.unexplained == 0,
            "\(lost) packets are missing and the socket's counters do not explain \(losses.unexplained): \(course)")
        // A closed loop on the wire leaves room everywhere, so there a counted loss is as wrong as any other. With fewer
        // frames than the window the loss is what the run is about.
        let mayLose = configuration.source == .live || configuration.framesProvided != nil
        try require(mayLose || lost == 0, "\(lost) packets were lost in a closed loop: \(course)")
        try require(
            mayLose || !isStuck,
            "the wire is stuck, see `ip -s link` at both ends: of \(configuration.frames) packets \(course)")
        try require(umem.isConsistent, "the rings hold more frames than the kernel was given")
        try require(umem.inReceiveRing == 0, "\(umem.inReceiveRing) packets were left in RX")
        let withheld = umem.frames - min(configuration.framesProvided ?? umem.frames, umem.frames)
        try require(
            umem.inApplication == withheld, "\(umem.inApplication) frames were not returned, \(withheld) were withheld")
        if lost == 0 {
            try require(
                umem.inKernel == 0 || mode == .zeroCopy,
                "the kernel kept \(umem.inKernel) frames although no packet was lost")
        }
    }
}
