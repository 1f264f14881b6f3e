import Glibc
import SystemPackage

/// A child that runs a program with one descriptor of ours as its descriptor 3. Killed and reaped when it goes away.
public final class ChildProcess {
    /// The descriptor that the child finds the handed one at.
    public static let handedDescriptor = FileDescriptor(rawValue: 3)

    /// Its process id.
    public let processID: pid_t
    private var isReaped = false

    /// Starts `program` with `arguments`, its standard input and output shut off from ours, its stderr ours.
    ///
    /// - Throws: `Failure` naming the program when it cannot be started.
    public init(program: String, arguments: [String], handing descriptor: FileDescriptor) throws(Failure) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, descriptor.rawValue, Self.handedDescriptor.rawValue)
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var started = pid_t()
        let result = posix_spawn(&started, program, &actions, nil, &words, environ)
        guard result == 0 else {
            throw Failure(.systemCall, "cannot start \(program): \(String(cString: strerror(result)))")
        }
        processID = started
    }

    /// Waits until it has ended.
    ///
    /// - Returns: its exit code, or 128 plus the signal that ended it.
    @discardableResult
    public func wait() -> Int32 {
        guard !isReaped else { return 0 }
        isReaped = true
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    deinit {
        if !isReaped {
            kill(processID, SIGKILL)
            wait()
        }
    }
}
