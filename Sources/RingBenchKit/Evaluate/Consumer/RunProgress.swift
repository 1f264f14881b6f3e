import Synchronization

/// How far a run has come, as all its threads see it: fragments that each of the application's threads has received, and how
/// many there will be once that is known.
final class RunProgress: @unchecked Sendable {
    /// Each thread's count on cache lines of its own.
    private static let stride = 16

    private let received: UnsafeMutablePointer<Atomic<Int>>
    private let threads: Int
    private let goal: Atomic<Int>

    /// For `threads` threads of the application. `goal` is nil until softirq knows it.
    init(threads: Int, goal: Int?) {
        self.threads = threads
        self.goal = Atomic(goal ?? .max)
        received = .allocate(capacity: threads * Self.stride)
        for index in 0..<threads * Self.stride { (received + index).initialize(to: Atomic(0)) }
    }

    deinit { received.deallocate() }

    /// So many fragments were let in, and no more will come.
    func finish(at count: Int) { goal.store(count, ordering: .releasing) }

    /// Thread `thread` has received `count` fragments so far. Whether that and the other threads' is every fragment that will
    /// come. Called when a look at everything found nothing.
    func isComplete(with count: Int, of thread: Int) -> Bool {
        received[thread * Self.stride].store(count, ordering: .relaxed)
        var sum = 0
        for thread in 0..<threads { sum += received[thread * Self.stride].load(ordering: .relaxed) }
        return sum >= goal.load(ordering: .acquiring)
    }
}
