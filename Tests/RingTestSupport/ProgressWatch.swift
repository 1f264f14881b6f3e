import Glibc
import TokenRing

/// Watches processes that exchange entries over the rings of a region, and notices when nothing moves any more.
public struct ProgressWatch {
    private let region: RingRegion
    private let patience: Duration

    /// How a run ended.
    public enum Verdict: Hashable, Sendable {
        /// All processes ended by themselves, with these endings.
        case ended([PeerProcess.Ending])
        /// No index moved for the whole of the patience: a lost wakeup, or a deadlock. All words of all rings.
        case stuck(String)
        /// Things moved, but the deadline came first.
        case overdue(String)
    }

    /// Watches the rings of `region`; no index may stand still for longer than `patience`.
    public init(_ region: RingRegion, patience: Duration = .seconds(10)) {
        self.region = region
        self.patience = patience
    }

    /// Waits for the end of all `peers`. When they are stuck or the deadline passes, they are killed.
    public func run(_ peers: [PeerProcess], deadline: Duration) -> Verdict {
        let start = ContinuousClock.now
        var moved = start
        var last = indices()
        while true {
            let endings = peers.compactMap { $0.poll() }
            if endings.count == peers.count { return .ended(endings) }
            let now = ContinuousClock.now
            let current = indices()
            if current != last { (last, moved) = (current, now) }
            let isStuck = now - moved > patience
            if isStuck || now - start > deadline {
                let state = region.rings.indices.map { "ring \($0): \(region.dump($0))" }.joined(separator: "; ")
                for peer in peers { peer.kill() }
                return isStuck ? .stuck(state) : .overdue(state)
            }
            usleep(10_000)
        }
    }

    private func indices() -> [UInt32] {
        region.rings.indices.flatMap { ring in
            [region.word(.producer, of: ring).loadRelaxed(), region.word(.consumer, of: ring).loadRelaxed()]
        }
    }
}
