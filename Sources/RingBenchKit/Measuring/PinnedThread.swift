import CTokenRing
import Glibc
import Synchronization
import TokenRing

/// A POSIX thread that runs one piece of work on one CPU and is joined for the result.
public final class PinnedThread<Result: Sendable>: Sendable {
    private let outcome: Outcome
    private let thread: pthread_t

    /// Starts `work` on `cpu`, or wherever the kernel likes for nil. When this throws, no work was done.
    ///
    /// - Throws: `SystemCallError` if there is no thread to be had or the CPU may not be used.
    public init(cpu: Int? = nil, _ work: @escaping @Sendable () -> Result) throws(SystemCallError) {
        let outcome = Outcome()
        let body = ThreadBody {
            // Signals are for the main thread.
            _ = ctr_block_signals()
            let result = work()
            outcome.result.withLock { $0 = result }
        }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        // It begins there: moving it later would count as a disturbance.
        let refused = cpu.map { -ctr_pin_attributes(&attributes, CInt(clamping: $0)) } ?? 0
        let context = Unmanaged.passRetained(body)
        var thread = pthread_t()
        let failed =
            refused != 0
            ? refused
            : pthread_create(
                &thread, &attributes,
                { context in
                    guard let context else { return nil }
                    Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                }, context.toOpaque())
        guard failed == 0 else {
            context.release()
            if let cpu, failed == EINVAL {
                throw SystemCallError("sched_setaffinity", errno: failed, hint: "CPU \(cpu) may not be used")
            }
            throw SystemCallError("pthread_create", errno: failed)
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
        let result = Mutex<Result?>(nil)
    }
}

/// What a thread runs, as an object that C can carry to it.
private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
