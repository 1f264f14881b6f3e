import Synchronization

/// How long the repetitions of a command wait for their place in all: a minute, and twice the time for which they were measured. It may
/// not come back, and then the command must end all the same.
final class PlacePatience: Sendable {
    /// Nanoseconds that are left.
    private let left: Mutex<Int64>
    /// The most for one repetition.
    private static let most: Int64 = 5_000_000_000

    init(nanoseconds: Int64 = 60_000_000_000) { left = Mutex(nanoseconds) }

    /// What the next repetition may wait, in nanoseconds.
    var next: Int64 { left.withLock { min(Self.most, max(0, $0)) } }

    /// A repetition was made.
    func note(_ visits: CPUPlace.Visits?) {
        guard let visits else { return }
        left.withLock { $0 += 2 * visits.worked - visits.waited }
    }
}
