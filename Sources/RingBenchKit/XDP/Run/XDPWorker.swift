import CTokenRing

/// What `xdp rx`, `tx` and `forward` do round by round. One thread, in the interface's network namespace.
protocol XDPWorker: ~Copyable {
    /// The interfaces, by name.
    var interfaces: [String] { get }
    /// Packets taken on, which is what a limit counts.
    var packets: UInt64 { get }
    /// Whether some of them have not come to their end here.
    var isUnfinished: Bool { get }
    /// Moves what there is to be moved. False if nothing was.
    mutating func pass() throws(Failure) -> Bool
    /// Waits until there may be something, for a moment at the most.
    mutating func wait() throws(Failure)
    /// Takes on no more packets.
    mutating func stop()
    /// For the live line.
    ///
    /// - Throws: `Failure` of kind `.unavailable` if an interface is gone or down.
    func sample() throws(Failure) -> XDPLiveLine.Sample
}

/// How long a run took, and what was around it.
struct XDPRunTimes {
    /// From the start to the end of the limit or, if that was later, to the last packet that came to its end.
    let seconds: Double
    /// CPU time of the thread, user and system.
    let cpuNanoseconds: Int64
    /// What was around it.
    let surroundings: XDPSurroundings
}

extension XDPWorker where Self: ~Copyable {
    /// Works until the limit is reached, or Ctrl-C, and then until all is finished. Tells each interval.
    mutating func run(
        _ command: String, _ configuration: some XDPRunConfiguration, _ progress: Progress
    ) throws(Failure) -> XDPRunTimes {
        let window = XDPWindow(on: interfaces)
        var line = XDPLiveLine(command, progress, intervalNanoseconds: configuration.options.intervalNanoseconds)
        let (start, cpuStart) = (ctr_monotonic_ns(), ctr_thread_cpu_ns())
        var now = start
        while !Interrupt.isRequested {
            let moved = try pass()
            now = ctr_monotonic_ns()
            if line.isDue(at: now) { line.show(try sample(), at: now) }
            if configuration.limit.isReached(packets: packets, nanoseconds: now - start) { break }
            if !moved { try wait() }
        }
        stop()
        // Without progress for so long, what is unfinished stays so.
        var patience = LookPatience(at: ctr_monotonic_ns())
        while isUnfinished, !patience.isOver(at: ctr_monotonic_ns()) {
            if try pass() {
                now = ctr_monotonic_ns()
                patience.renew(at: now)
            } else {
                try wait()
            }
        }
        return XDPRunTimes(
            seconds: Double(max(now - start, 1)) / 1e9, cpuNanoseconds: ctr_thread_cpu_ns() - cpuStart,
            surroundings: window.end(progress))
    }
}
