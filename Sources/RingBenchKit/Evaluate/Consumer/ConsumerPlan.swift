import RingKernelModel

/// Which sockets and ring sets one thread of the application serves, and by what its tokens go back.
///
/// A lane is what the thread looks at at a time: a socket where control messages deliver, a ring set where a ring does.
struct ConsumerPlan {
    /// One for each lane: a socket of it, to receive on and to return on.
    let sockets: [Int]
    /// One for each lane: the ring set that delivers or takes back; empty without rings.
    let ringSets: [Int]

    /// The plan of thread `thread`.
    init(_ composition: Composition, _ load: Load, thread: Int) {
        let threads = Self.threads(composition, load)
        let mine = Array(stride(from: thread, to: load.flows, by: threads))
        let rings = max(load.rings, threads)
        guard composition.hasDeliveryRing else {
            sockets = mine
            ringSets = mine.map { socket -> [Int] in
                switch composition.topology {
                case .none: []
                case .ringPerBinding, .ringShared: [0]
                case .ringPerSocket: [socket]
                case .ringPerThread: [socket % rings]
                }
            }.flatMap { $0 }
            return
        }
        switch composition.topology {
        case .ringPerSocket:
            sockets = mine
            ringSets = mine
        case .ringPerThread:
            ringSets = Array(stride(from: thread, to: rings, by: threads))
            sockets = ringSets
        case .none, .ringPerBinding, .ringShared:
            sockets = [thread % load.flows]
            ringSets = [0]
        }
    }

    /// How many threads can work: a ring has one consumer, so one that serves a whole binding leaves work for one only.
    static func threads(_ composition: Composition, _ load: Load) -> Int {
        composition.topology == .ringPerBinding ? 1 : min(load.threads, load.flows)
    }

    /// Lanes of all threads together.
    static func lanes(_ composition: Composition, _ load: Load) -> Int {
        (0..<threads(composition, load)).reduce(0) { $0 + ConsumerPlan(composition, load, thread: $1).sockets.count }
    }
}
