import Glibc
import Testing

/// The ringbench that was built beside this test, running.
final class Running {
    private let process: pid_t
    private let stderr: CInt

    /// Starts it, after the words of `prefix` if it is to be run by another program.
    init(_ arguments: [String], through prefix: [String] = []) throws {
        var path = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &path, path.count - 1)
        let test = String(decoding: path.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let program = test.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/ringbench"
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        let words = (prefix + [program] + arguments).map { strdup($0) }
        defer { words.forEach { free($0) } }
        // A test's thread blocks signals, and a child inherits that: Ctrl-C would wait for ever.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var process = pid_t()
        let result = posix_spawnp(&process, prefix.first ?? program, &actions, &attributes, words + [nil], environ)
        close(ends[1])
        stderr = ends[0]
        self.process = process
        try #require(result == 0, "\(program) cannot be started: errno \(result)")
    }

    func waitForStderr(containing text: String) -> Bool {
        var said = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !said.contains(text) {
            let count = read(stderr, &buffer, buffer.count)
            guard count > 0 else { return false }
            said += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return true
    }

    /// Everything it says on stderr, and its exit code; negative for a signal.
    func waitForExit() -> (said: String, code: CInt) {
        var said = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(stderr, &buffer, buffer.count)
            guard count > 0 else { break }
            said += String(decoding: buffer[..<count], as: UTF8.self)
        }
        var status = CInt(0)
        waitpid(process, &status, 0)
        return (said, status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F))
    }

    func interrupt() { _ = Glibc.kill(process, SIGINT) }

    func kill() {
        _ = Glibc.kill(process, SIGKILL)
        var status = CInt(0)
        waitpid(process, &status, 0)
    }

    deinit { close(stderr) }
}
