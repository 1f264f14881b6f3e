import CTokenRing
import RingKernelModel

/// What the softirq thread of a run does: receives fragments for the flows in turn, as one NAPI poll after the other.
struct Softirq: Sendable {
    let kernel: Kernel
    let load: Load
    let progress: RunProgress
    let stop: StopFlag

    /// What it did.
    struct Outcome: Sendable {
        /// Where its time went; a look is one poll, or one reading of the clock that said to wait.
        var time = WorkerTime()
        /// Fragments that arrived from the wire.
        var offered = 0
        /// Of these, fragments that a closed window or an empty page pool refused.
        var dropped = 0
    }

    /// Fragments of one poll.
    private var burst: Int { load.burstFrags > 0 ? load.burstFrags : min(load.fragsPerRead, Arrival.mostFrags) }

    /// Closed loop: lets in exactly `load.tokens` fragments as fast as windows open, and goes on delivering until told to stop.
    func runClosed() -> Outcome {
        let (sockets, binding, burst) = (kernel.sockets, kernel.binding, burst)
        var outcome = Outcome()
        while !stop.isRaised {
            var moved = 0
            for socket in sockets {
                let (received, delivered) = poll(socket, binding, min(load.tokens - outcome.offered, burst))
                outcome.offered += received
                moved += received + delivered
            }
            outcome.time.endLook(found: moved > 0)
            if moved == 0 { ctr_pause() }
        }
        return outcome
    }

    /// Open loop: `schedule.tokens` fragments arrive at a fixed rate, whether there is room or not; after a disturbance it catches
    /// up. Then goes on delivering until told to stop.
    func runOpen(_ schedule: ArrivalSchedule) -> Outcome {
        let (sockets, binding, burst) = (kernel.sockets, kernel.binding, burst)
        var outcome = Outcome()
        var flow = 0
        let start = ctr_ticks()
        while outcome.offered < schedule.tokens, !stop.isRaised {
            let wanted = min(burst, schedule.tokens - outcome.offered)
            guard schedule.due(after: ctr_ticks() &- start) >= outcome.offered + wanted else {
                outcome.time.endLook(found: false)
                continue
            }
            let received = poll(sockets[flow], binding, wanted).received
            outcome.offered += wanted
            outcome.dropped += wanted - received
            flow = flow + 1 == sockets.count ? 0 : flow + 1
            outcome.time.endLook(found: true)
        }
        progress.finish(at: outcome.offered - outcome.dropped)
        while !stop.isRaised {
            for socket in sockets { _ = poll(socket, binding, 0) }
            ctr_pause()
        }
        return outcome
    }

    /// As many skbs as it takes for `frags` fragments; one poll that only delivers for none.
    private func poll(_ socket: Socket, _ binding: Binding, _ frags: Int) -> (received: Int, delivered: Int) {
        var sum = (received: 0, delivered: 0)
        var left = frags
        repeat {
            let wanted = min(left, Arrival.mostFrags)
            let (received, delivered) = kernel.softirq(Arrival(frags: wanted), on: socket, from: binding)
            sum.received += received
            sum.delivered += delivered
            left -= wanted
            if received < wanted { break }
        } while left > 0
        return sum
    }
}
