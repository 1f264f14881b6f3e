import Glibc

/// iproute2's `ip`, run in the network namespace of the calling thread.
enum IPCommand {
    /// Runs `ip` with these arguments.
    ///
    /// - Throws: `Failure`: `.unavailable` if there is no `ip`, `.systemCall` with the first line of what it said.
    static func run(_ arguments: String...) throws(Failure) { try run(arguments) }

    /// The same with the arguments in an array.
    static func run(_ arguments: [String]) throws(Failure) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(.systemCall, "pipe: errno \(errno)") }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        posix_spawn_file_actions_addclose(&actions, ends[1])
        var process = pid_t()
        var result = ENOENT
        let words = ["ip"] + arguments
        // A user's PATH often lacks sbin.
        for program in ["ip", "/usr/sbin/ip", "/sbin/ip"] where result == ENOENT {
            result = withCStrings(words) { posix_spawnp(&process, program, &actions, nil, $0, environ) }
        }
        close(ends[1])
        guard result == 0 else {
            throw Failure(
                result == ENOENT ? .unavailable : .systemCall, "cannot run ip (errno \(result)); install iproute2")
        }
        let said = readAll(ends[0])
        var status = CInt(0)
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else {
            let line = said.split(separator: "\n").first.map(String.init) ?? "status \(status)"
            throw Failure(.systemCall, "ip \(arguments.joined(separator: " ")): \(line)")
        }
    }

    private static func withCStrings<Result>(
        _ words: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = words.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return body(copies + [nil])
    }

    private static func readAll(_ descriptor: CInt) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}
