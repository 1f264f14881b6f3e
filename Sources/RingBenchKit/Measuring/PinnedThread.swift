import CTokenRing
import Glibc
import Synchronization
import TokenRing

/// A POSIX thread that runs one piece of work on one CPU and is joined for the result.
public final class PinnedThread<Result: Sendable>: Sendable {
    private let outcome: Outcome
    private let thread: pthread_t

    /// Starts `work` on `cpu`, or wherever the kernel likes for nil. When this throws, no work was done; when it returns, the thread is on its CPU.
    ///
    /// - Throws: `SystemCallError` if there is no thread to be had or the CPU may not be used.
    public init(cpu: Int? = nil, _ work: @escaping @Sendable () -> Result) throws(SystemCallError) {
        let outcome = Outcome()
        let body = ThreadBody {
            // Signals are for the main thread.
            _ = ctr_block_signals()
            let pinned = cpu.map { ctr_pin_thread(CInt(clamping: $0)) } ?? 0
            outcome.pinning.store(pinned, ordering: .releasing)
            guard pinned == 0 else { return }
            let result = work()
            outcome.result.withLock { $0 = result }
        }
        let context = Unmanaged.passRetained(body)
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard failed == 0 else {
            context.release()
            throw SystemCallError("pthread_create", errno: failed)
        }
        let pinned = outcome.awaitPinning()
        guard pinned == 0 else {
            pthread_join(thread, nil)
            throw SystemCallError("sched_setaffinity", errno: pinned, hint: "CPU \(cpu ?? 0) may not be used")
        }
        self.outcome = outcome
        self.thread = thread
    }

    /// Waits for the end of the work. Call it exactly once.
    public func join() -> Result {
        pthread_join(thread, nil)
        guard let result = outcome.result.withLock({ $0 }) else { fatalError("a joined thread has done its work") }
        return result
    }

    /// What the thread has to say.
    private final class Outcome: Sendable {
        /// 1 until the thread has tried to pin itself; then 0 or -errno.
        let pinning = Atomic<CInt>(1)
        let result = Mutex<Result?>(nil)

        func awaitPinning() -> CInt {
            while true {
                let pinned = pinning.load(ordering: .acquiring)
                if pinned <= 0 { return pinned }
                sched_yield()
            }
        }
    }
}

/// What a thread runs, as an object that C can carry to it.
private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
