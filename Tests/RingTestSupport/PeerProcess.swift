import CTokenRing
import Glibc
import SystemPackage
import TokenRing

/// Another process that a test starts. It is always reaped, and killed when the test forgets it or a deadline passes.
public final class PeerProcess {
    /// The descriptor number at which a peer finds its socket.
    public static let socketNumber: CInt = 3

    /// Its process id.
    public let identifier: pid_t
    private var ending: Ending?

    /// How a process ended.
    public enum Ending: Hashable, Sendable {
        /// It returned this from `main`.
        case exited(CInt)
        /// This signal ended it.
        case killed(signal: CInt)
        /// It was still running at the deadline, and was killed.
        case overdue
    }

    /// The directory of the running test bundle, where the built products lie.
    public static func productsDirectory() -> FilePath {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = FilePath(String(decoding: buffer.prefix(max(0, length)).map(UInt8.init(bitPattern:)), as: UTF8.self))
        return path.removingLastComponent()
    }

    /// Starts the built product `name`, with `socket` as its descriptor 3.
    public convenience init(
        product name: String, _ arguments: [String], socket: DescriptorChannel
    ) throws(SystemCallError) {
        try self.init(Self.productsDirectory().appending(name).string, arguments, socket: socket)
    }

    /// Starts a program, found in PATH if its name has no slash.
    ///
    /// - Parameter streams: what becomes its standard output and standard error; ours if nil.
    public init(
        _ program: String, _ arguments: [String], socket: DescriptorChannel? = nil,
        streams: (output: CInt, errors: CInt)? = nil
    ) throws(SystemCallError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let socket {
            posix_spawn_file_actions_adddup2(&actions, socket.descriptor.rawValue, Self.socketNumber)
        }
        if let streams {
            posix_spawn_file_actions_adddup2(&actions, streams.output, STDOUT_FILENO)
            posix_spawn_file_actions_adddup2(&actions, streams.errors, STDERR_FILENO)
        }
        // A test's thread blocks signals, and a child inherits that: it would never see Ctrl-C.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var process = pid_t()
        let result = posix_spawnp(&process, program, &actions, &attributes, words, environ)
        guard result == 0 else {
            throw SystemCallError("posix_spawn", errno: result, hint: "\(program): build the package's tests first")
        }
        identifier = process
    }

    /// How often it slept (voluntary context switches of all its threads). Known when it has ended.
    public private(set) var sleepCount = 0

    /// Whether it has ended; reaps it if so.
    public func poll() -> Ending? {
        if let ending { return ending }
        return reap(WNOHANG)
    }

    /// Waits for its end; kills it at the deadline.
    public func wait(deadline: Duration) -> Ending {
        let end = ContinuousClock.now + deadline
        while ContinuousClock.now < end {
            if let ending = poll() { return ending }
            usleep(1000)
        }
        if let ending = kill() { return ending }
        return .overdue
    }

    /// Sends it SIGINT, as Ctrl-C does.
    public func interrupt() { send(SIGINT) }

    /// Sends it a signal, if it has not ended.
    public func send(_ signal: CInt) { if poll() == nil { _ = Glibc.kill(identifier, signal) } }

    /// Waits until a signal has stopped it. False if it ended, or at the deadline.
    public func waitUntilStopped(deadline: Duration = .seconds(60)) -> Bool {
        let end = ContinuousClock.now + deadline
        while poll() == nil, ContinuousClock.now < end {
            var status = siginfo_t()
            // Looks, and leaves its ending for poll().
            if waitid(P_PID, id_t(identifier), &status, WSTOPPED | WNOHANG | WNOWAIT) == 0, status.si_signo == SIGCHLD {
                return true
            }
            usleep(1000)
        }
        return false
    }

    /// Ends it with SIGKILL, whatever it is doing, and reaps it. Its ending if it had ended by itself before.
    @discardableResult
    public func kill() -> Ending? {
        if let ending = poll() { return ending }
        Glibc.kill(identifier, SIGKILL)
        reap(0)
        return nil
    }

    @discardableResult
    private func reap(_ options: CInt) -> Ending? {
        var status: CInt = 0
        var usage = rusage()
        var result: pid_t
        repeat { result = wait4(identifier, &status, options, &usage) } while result < 0 && errno == EINTR
        guard result == identifier else { return nil }
        sleepCount = usage.ru_nvcsw
        let signal = status & 0x7F
        ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
        return ending
    }

    deinit { kill() }
}
