import Glibc

/// A thread that a test starts and joins. Blocking calls belong here, not in a task of the concurrency pool.
public final class TestThread {
    private var thread = pthread_t()
    private var joined = false

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts `body`.
    public init(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(body)).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { box in
                if let box { Unmanaged<Body>.fromOpaque(box).takeRetainedValue().run() }
                return nil
            }, box)
        guard result == 0 else { fatalError("pthread_create: errno \(result)") }
    }

    /// Waits until it has ended.
    public func join() {
        guard !joined else { return }
        pthread_join(thread, nil)
        joined = true
    }

    deinit { join() }
}
