import CTokenRing
import Glibc
import RingKernelModel
import Synchronization

/// The wire and the softirq behind it: receives for every ring set that is served, its sockets in turn.
///
/// It polls while something moves, and sleeps as a device does that coalesces its interrupts. A socket for which nothing
/// comes in is not looked at: what it has queued is delivered when its consumer kicks.
final class ServedTraffic: Sendable {
    private static let pauseMicroseconds: useconds_t = 200
    private static let idleMicroseconds: useconds_t = 5000

    private let streams = Mutex<[ServedStream]>([])
    private let kernel: Kernel
    private let binding: Binding
    private let fragmentsPerSecond: UInt64

    init(_ kernel: Kernel, _ binding: Binding, fragmentsPerSecond: UInt64) {
        self.kernel = kernel
        self.binding = binding
        self.fragmentsPerSecond = fragmentsPerSecond
    }

    /// From now on it comes in.
    func add(_ stream: ServedStream) { streams.withLock { $0.append(stream) } }

    /// No longer. One pass may still be on the way; it finds the sockets closed.
    func remove(_ stream: ServedStream) { streams.withLock { $0.removeAll { $0 === stream } } }

    /// Receives until told to stop. One thread.
    func run(until stop: StopFlag) {
        var rate = TrafficRate(perSecond: fragmentsPerSecond)
        while !stop.isRaised {
            let current = streams.withLock { $0 }
            var moved = 0
            for stream in current {
                for socket in stream.sockets { moved += receive(for: socket, of: stream, &rate) }
            }
            guard moved == 0 else { continue }
            usleep(current.isEmpty ? Self.idleMicroseconds : Self.pauseMicroseconds)
        }
    }

    private func receive(for socket: Socket, of stream: ServedStream, _ rate: inout TrafficRate) -> Int {
        let burst = min(UInt64(Arrival.mostFrags), stream.left, rate.due())
        guard burst > 0 else { return 0 }
        let moved = kernel.softirq(Arrival(frags: Int(burst)), on: socket, from: binding)
        stream.left -= UInt64(moved.received)
        if stream.left == 0 { for socket in stream.sockets { kernel.finish(socket) } }
        rate.count(UInt64(moved.received))
        return moved.received + moved.delivered
    }
}

/// How many fragments may come in by now.
struct TrafficRate {
    /// What a stall is made up for by, at most: as much as comes in a 64th of a second.
    private static let mostCatchUp: Int64 = 1_000_000_000 / 64

    private let perSecond: UInt64
    /// When the next fragment is due.
    private var dueNanoseconds = ctr_monotonic_ns()

    /// 0 for no limit.
    init(perSecond: UInt64) { self.perSecond = perSecond }

    /// Fragments that are due now.
    mutating func due() -> UInt64 {
        guard perSecond > 0 else { return .max }
        let now = ctr_monotonic_ns()
        dueNanoseconds = max(dueNanoseconds, now - max(Self.mostCatchUp, Int64(1_000_000_000 / perSecond)))
        guard now > dueNanoseconds else { return 0 }
        return UInt64(now - dueNanoseconds) * perSecond / 1_000_000_000
    }

    /// So many came in.
    mutating func count(_ fragments: UInt64) {
        guard perSecond > 0 else { return }
        dueNanoseconds += Int64(fragments * 1_000_000_000 / perSecond)
    }
}
