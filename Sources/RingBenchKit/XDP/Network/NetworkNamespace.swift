import CTokenRing
import Glibc
import TokenRing

/// A network namespace without a name, kept alive by a descriptor: when the process ends, however it ends, the kernel removes
/// it with all its interfaces.
public final class NetworkNamespace: Sendable {
    /// Refers to the namespace.
    public let descriptor: CInt

    /// Makes an empty namespace; no thread is left in it.
    ///
    /// - Throws: `SystemCallError`; EPERM without CAP_SYS_ADMIN.
    public init() throws(SystemCallError) {
        let thread = try PinnedThread<CInt> {
            let result = ctr_unshare_network()
            return result < 0 ? result : ctr_open_own_network()
        }
        descriptor = try SystemCallError.check(
            thread.join(), "unshare(CLONE_NEWNET)", hint: "a network namespace needs CAP_SYS_ADMIN")
    }

    /// Runs `body` on a new thread in this namespace and waits for it.
    ///
    /// - Throws: what `body` throws, or a `Failure` of kind `.systemCall` if the thread could not get there.
    public func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try start(body).join().get()
    }

    /// Starts `body` on a new thread in this namespace.
    func start<Value: Sendable>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) throws(Failure) -> PinnedThread<Result<Value, Failure>> {
        do throws(SystemCallError) {
            return try PinnedThread<Result<Value, Failure>> { [self] in
                let entered = ctr_enter_network(descriptor)
                guard entered == 0 else { return .failure(Failure(SystemCallError("setns", errno: entered))) }
                do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
            }
        } catch {
            throw Failure(error)
        }
    }

    /// A path under which another program can open the namespace as long as this process lives.
    var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

    deinit { close(descriptor) }
}
