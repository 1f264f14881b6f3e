import CTokenRing
import Glibc
import Synchronization
import TokenRing

/// A thread of the kernel's, because a network namespace and a CPU belong to one. It receives no signals.
final class PosixThread<Value: Sendable>: Sendable {
    private let result = ThreadResult<Value>()
    private let thread: pthread_t

    /// Starts `body`.
    ///
    /// - Throws: `SystemCallError`; EAGAIN at the limit of threads.
    init(_ body: @escaping @Sendable () -> Value) throws(SystemCallError) {
        let result = result
        let work = ThreadWork {
            let value = body()
            result.value.withLock { $0 = value }
        }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(work)
        let error = pthread_create(
            &thread, nil,
            { context in
                _ = ctr_block_signals()
                if let context { Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            }, context.toOpaque())
        guard error == 0 else {
            context.release()
            throw SystemCallError("pthread_create", errno: error)
        }
        self.thread = thread
    }

    /// Waits for the end. Call it exactly once.
    func join() -> Value? {
        pthread_join(thread, nil)
        return result.value.withLock { $0 }
    }
}

private final class ThreadResult<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
}

private final class ThreadWork: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
