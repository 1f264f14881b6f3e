import CTokenRing
import Glibc

/// A thread that runs one closure on one CPU.
public final class PinnedThread {
    private final class Body: Sendable {
        let cpu: Int?
        let run: @Sendable () -> Void

        init(cpu: Int?, run: @escaping @Sendable () -> Void) {
            self.cpu = cpu
            self.run = run
        }
    }

    private var thread = pthread_t()

    /// Starts `run` on `cpu`, or on any CPU for nil.
    ///
    /// - Throws: `Failure` when there can be no thread.
    public init(cpu: Int?, run: @escaping @Sendable () -> Void) throws(Failure) {
        let body = Unmanaged.passRetained(Body(cpu: cpu, run: run))
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                if let cpu = body.cpu { ctr_pin_thread(CInt(cpu)) }
                body.run()
                return nil
            }, body.toOpaque())
        if result != 0 {
            body.release()
            throw Failure(.systemCall, "pthread_create: \(String(cString: strerror(result)))")
        }
    }

    /// Waits until the closure has returned. Once.
    public func join() { pthread_join(thread, nil) }
}
