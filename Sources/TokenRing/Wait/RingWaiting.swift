import CTokenRing

/// One end of a ring, as the waiting loop sees it.
protocol WaitingEnd: ~Copyable {
    /// Whether there is something to do now; looks at the peer's index if need be.
    mutating func isReady() -> Bool
    /// Tells the peer that we are going to sleep and looks once more; true means sleep.
    mutating func prepareToSleep() -> Bool
    /// Takes that back.
    func finishSleep()
    /// The peer's index word and a value of it from before the last look: while it holds that, there was nothing to do.
    var awaited: (word: SharedWord?, value: UInt32) { get }
    /// Counts the peer's lies.
    var statistics: RingStatistics { get }
}

extension WaitingEnd where Self: ~Copyable {
    mutating func wait(
        on doorbell: Doorbell, watching peer: PeerLife?, polls: Int, timeout: Duration?
    ) -> WaitOutcome {
        let deadline = timeout.map { ctr_monotonic_ns() &+ $0.nanoseconds }
        let lies = statistics.indexViolations
        while true {
            for _ in 0..<max(1, polls) {
                if isReady() { return .ready }
                ctr_pause()
            }
            // Its index word does not hold what we know, so we would not sleep on it but spin.
            if statistics.indexViolations != lies { return .peerIsLying }
            let remaining = deadline.map { max(0, $0 &- ctr_monotonic_ns()) }
            if remaining == 0 { return .timedOut }
            if case .spin = doorbell {
                if peer?.hasEnded == true { return isReady() ? .ready : .peerHasEnded }
                continue
            }
            let awaited = awaited
            guard prepareToSleep() else { continue }
            let outcome = doorbell.sleep(
                on: awaited.word, expected: awaited.value, watching: peer, nanoseconds: remaining ?? -1)
            finishSleep()
            // What it did before its end is in the ring by now.
            if outcome == .interrupted || outcome == .peerHasEnded { return isReady() ? .ready : outcome }
        }
    }
}

extension ConsumerRing {
    /// Waits until `peek` would hand out an entry.
    ///
    /// - Parameters:
    ///   - doorbells: how each side sleeps; the producer must use the same.
    ///   - polls: how often to look before going to sleep; at least once.
    ///   - timeout: how long to wait; nil waits for ever.
    ///   - peer: ends the wait when that process has ended. With eventfds at once; with futexes within 10 ms.
    /// - Returns: `.interrupted` when a signal came while it slept, `.peerIsLying` for an index that cannot be. Without a consumer's flags word it polls.
    public mutating func wait(
        _ doorbells: RingDoorbells, polls: Int = 64, timeout: Duration? = nil, watching peer: PeerLife? = nil
    ) -> WaitOutcome {
        var doorbell = doorbells.entries
        if !memory.has(.consumerFlags) { doorbell = .spin }
        return wait(on: doorbell, watching: peer, polls: polls, timeout: timeout)
    }

    /// Wakes the producer if it found the ring full and asked for it. Call after `release`.
    ///
    /// A full fence; one system call only if somebody sleeps.
    public func wakeProducer(_ doorbells: RingDoorbells) {
        if needsWakeup() { doorbells.room.ring(memory.sharedWord(.consumer)) }
    }
}

extension ProducerRing {
    /// Waits until `reserve` would hand out a slot. Wakes the consumer first if it sleeps: a full ring does not empty
    /// itself.
    ///
    /// - Parameters:
    ///   - doorbells: how each side sleeps; the consumer must use the same.
    ///   - polls: how often to look before going to sleep; at least once.
    ///   - timeout: how long to wait; nil waits for ever.
    ///   - peer: ends the wait when that process has ended. With eventfds at once; with futexes within 10 ms.
    /// - Returns: `.interrupted` when a signal came while it slept, `.peerIsLying` for an index that cannot be. Without a producer's flags word it polls.
    public mutating func waitForRoom(
        _ doorbells: RingDoorbells, polls: Int = 64, timeout: Duration? = nil, watching peer: PeerLife? = nil
    ) -> WaitOutcome {
        wakeConsumer(doorbells)
        var doorbell = doorbells.room
        if !memory.has(.producerFlags) { doorbell = .spin }
        return wait(on: doorbell, watching: peer, polls: polls, timeout: timeout)
    }

    /// Wakes the consumer if it found the ring empty and asked for it. Call after `submit`.
    ///
    /// A full fence; one system call only if somebody sleeps.
    public func wakeConsumer(_ doorbells: RingDoorbells) {
        if needsWakeup() { doorbells.entries.ring(memory.sharedWord(.producer)) }
    }
}

extension ConsumerRing: WaitingEnd {
    mutating func isReady() -> Bool { knownAvailable > 0 || refreshAvailable(wanted: capacity) > 0 }

    // What the word holds, not what we know: a producer that publishes in slots records its index behind that, and may
    // die in between.
    var awaited: (word: SharedWord?, value: UInt32) {
        (memory.sharedWord(.producer), memory.loadRelaxed(.producer))
    }
}

extension ProducerRing: WaitingEnd {
    mutating func isReady() -> Bool { freeSlots(wanted: 1) > 0 }

    var awaited: (word: SharedWord?, value: UInt32) {
        (memory.sharedWord(.consumer), (freeEnd &- capacity).rawValue)
    }
}

extension Duration {
    /// Whole nanoseconds, as many as fit.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max / 2 : min(product, .max / 2) &+ attoseconds / 1_000_000_000
    }
}
