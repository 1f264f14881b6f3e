import CTokenRing
import RingKernelModel

/// What the softirq thread of a run does: receives fragments for the flows in turn, as one NAPI poll after the other.
struct Softirq: Sendable {
    let kernel: Kernel
    let load: Load
    let progress: RunProgress
    let stop: StopFlag

    /// What it did.
    struct Outcome: Codable, Sendable {
        /// When the schedule of an open loop began, in ticks.
        var start: UInt64 = 0
        /// Where its time went; a look is one poll, or one reading of the clock that said to wait.
        var time = WorkerTime()
        /// Fragments that arrived from the wire.
        var offered = 0
        /// Of these, fragments that a closed window or an empty page pool refused.
        var dropped = 0
    }

    /// Closed loop: lets in exactly `load.tokens` fragments as fast as windows open, and goes on delivering until told to stop.
    func runClosed() -> Outcome {
        let sockets = kernel.sockets
        return withExtendedLifetime((self, sockets)) {
            sockets.map(Unmanaged.passUnretained).withUnsafeBufferPointer { closedLoop($0, parts) }
        }
    }

    /// Open loop: `schedule.tokens` fragments arrive at a fixed rate, whether there is room or not; after a disturbance it catches
    /// up. Then goes on delivering until told to stop.
    func runOpen(_ schedule: ArrivalSchedule) -> Outcome {
        let sockets = kernel.sockets
        return withExtendedLifetime((self, sockets)) {
            sockets.map(Unmanaged.passUnretained).withUnsafeBufferPointer { sockets in
                let outcome = arrivalLoop(sockets, parts, schedule)
                progress.finish(at: outcome.offered - outcome.dropped)
                deliverLoop(sockets, parts)
                return outcome
            }
        }
    }

    /// What the loops need, without reference counting: the application's thread would see it in the same cache lines.
    private struct Parts: BitwiseCopyable {
        let kernel: Unmanaged<Kernel>
        let binding: Unmanaged<Binding>
        let stop: Unmanaged<StopFlag>

        @inline(__always)
        var isStopped: Bool { stop._withUnsafeGuaranteedRef { $0.isRaised } }

        /// As many skbs as it takes for `frags` fragments; one poll that only delivers for none.
        @inline(__always)
        func poll(_ socket: Unmanaged<Socket>, _ frags: Int) -> (received: Int, delivered: Int) {
            var sum = (received: 0, delivered: 0)
            var left = frags
            repeat {
                let wanted = min(left, Arrival.mostFrags)
                let (received, delivered) = kernel._withUnsafeGuaranteedRef { kernel in
                    binding._withUnsafeGuaranteedRef { binding in
                        socket._withUnsafeGuaranteedRef {
                            kernel.softirq(Arrival(frags: wanted), on: $0, from: binding)
                        }
                    }
                }
                sum.received &+= received
                sum.delivered &+= delivered
                left &-= wanted
                if received < wanted { break }
            } while left > 0
            return sum
        }
    }

    private var parts: Parts {
        Parts(
            kernel: .passUnretained(kernel), binding: .passUnretained(kernel.binding), stop: .passUnretained(stop))
    }

    /// By its name: scripts/check-hot-path.sh disassembles it.
    @inline(never)
    private func closedLoop(_ sockets: UnsafeBufferPointer<Unmanaged<Socket>>, _ parts: Parts) -> Outcome {
        let (tokens, burst) = (load.tokens, load.fragsPerPoll)
        var outcome = Outcome()
        while !parts.isStopped {
            var moved = 0
            for index in 0..<sockets.count {
                let (received, delivered) = parts.poll(sockets[index], min(tokens &- outcome.offered, burst))
                outcome.offered &+= received
                moved &+= received &+ delivered
            }
            outcome.time.endLook(found: moved > 0)
            if moved == 0 { ctr_pause() }
        }
        return outcome
    }

    /// By its name: scripts/check-hot-path.sh disassembles it.
    @inline(never)
    private func arrivalLoop(
        _ sockets: UnsafeBufferPointer<Unmanaged<Socket>>, _ parts: Parts, _ schedule: ArrivalSchedule
    ) -> Outcome {
        let burst = load.fragsPerPoll
        var outcome = Outcome()
        var flow = 0
        let start = ctr_ticks()
        outcome.start = start
        while outcome.offered < schedule.tokens, !parts.isStopped {
            let wanted = min(burst, schedule.tokens &- outcome.offered)
            guard schedule.due(after: ctr_ticks() &- start) >= outcome.offered &+ wanted else {
                outcome.time.endLook(found: false)
                continue
            }
            let received = parts.poll(sockets[flow], wanted).received
            outcome.offered &+= wanted
            outcome.dropped &+= wanted &- received
            flow = flow &+ 1 == sockets.count ? 0 : flow &+ 1
            outcome.time.endLook(found: true)
        }
        return outcome
    }

    /// Delivers what still waits.
    private func deliverLoop(_ sockets: UnsafeBufferPointer<Unmanaged<Socket>>, _ parts: Parts) {
        while !parts.isStopped {
            for index in 0..<sockets.count { _ = parts.poll(sockets[index], 0) }
            ctr_pause()
        }
    }
}
