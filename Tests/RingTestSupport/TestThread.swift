import Glibc
import Synchronization

/// A thread that a test starts and joins. Blocking calls belong here, not in a task of the concurrency pool.
public final class TestThread {
    private var thread = pthread_t()
    private var joined = false

    private let body: Body

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        let hasEnded = Atomic(false)
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts `run`.
    public init(_ run: @escaping @Sendable () -> Void) {
        body = Body(run)
        let box = Unmanaged.passRetained(body).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { box in
                if let box {
                    let body = Unmanaged<Body>.fromOpaque(box).takeRetainedValue()
                    body.run()
                    body.hasEnded.store(true, ordering: .releasing)
                }
                return nil
            }, box)
        guard result == 0 else { fatalError("pthread_create: errno \(result)") }
    }

    /// Whether it ends before the deadline. A sleeper that nobody wakes does not: let it time out later than that.
    public func ends(within deadline: Duration) -> Bool {
        let end = ContinuousClock.now + deadline
        while !body.hasEnded.load(ordering: .acquiring) {
            if ContinuousClock.now > end { return false }
            usleep(1000)
        }
        return true
    }

    /// Sends it a signal whose handler does nothing: a system call that it sleeps in ends with EINTR. It must have called
    /// `allowInterruption()`.
    public func interrupt() { pthread_kill(thread, SIGUSR2) }

    /// Lets `interrupt()` reach the calling thread; the threads of tests block signals, and theirs inherit that.
    public static func allowInterruption() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        sigaction(SIGUSR2, &action, nil)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGUSR2)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Waits until it has ended.
    public func join() {
        guard !joined else { return }
        pthread_join(thread, nil)
        joined = true
    }

    deinit { join() }
}
