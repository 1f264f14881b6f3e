import CTokenRing
import Glibc
import SystemPackage

/// A child that runs a program. Killed and reaped when it goes away.
public final class ChildProcess {
    /// The descriptor that the child finds the handed one at.
    public static let handedDescriptor = FileDescriptor(rawValue: 3)

    /// Its process id.
    public let processID: pid_t
    private var isReaped = false

    /// Starts `program` with `arguments`, its standard input and output shut off from ours, its stderr ours.
    ///
    /// - Throws: `Failure` naming the program when it cannot be started.
    public convenience init(
        program: String, arguments: [String], handing descriptor: FileDescriptor
    ) throws(Failure) {
        try self.init([program] + arguments) { actions in
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0)
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, descriptor.rawValue, Self.handedDescriptor.rawValue)
        }
    }

    /// Starts the program that the first of `words` names, found in PATH if it has no slash, with nothing to read and its standard
    /// output and error going into these descriptors. The kernel ends it with SIGTERM if this process dies.
    ///
    /// - Throws: `Failure` naming the program when it cannot be started.
    public convenience init(
        words: [String], output: FileDescriptor, errors: FileDescriptor
    ) throws(Failure) {
        try self.init(["setpriv", "--pdeathsig", "TERM", "--"] + words) { actions in
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_adddup2(&actions, output.rawValue, STDOUT_FILENO)
            posix_spawn_file_actions_adddup2(&actions, errors.rawValue, STDERR_FILENO)
        }
    }

    private init(
        _ words: [String], _ prepare: (inout posix_spawn_file_actions_t) -> Void
    ) throws(Failure) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        prepare(&actions)
        var arguments = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var started = pid_t()
        let result = posix_spawnp(&started, words[0], &actions, nil, &arguments, environ)
        guard result == 0 else {
            throw Failure(.systemCall, "cannot start \(words[0]): \(String(cString: strerror(result)))")
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

    /// Waits until it has ended; passes Ctrl-C on to it.
    ///
    /// - Returns: as `wait()`.
    public func waitOrInterrupt() -> Int32 {
        let handle = ctr_pidfd_open(processID)
        defer { if handle >= 0 { close(handle) } }
        // Without a handle there is nothing to wait on in pieces.
        while handle >= 0, ctr_poll_in(handle, 100_000_000) == 0 {
            if Interrupt.isRequested { kill(processID, SIGTERM) }
        }
        return wait()
    }

    deinit {
        if !isReaped {
            kill(processID, SIGKILL)
            wait()
        }
    }
}
