import CTokenRing
import Glibc
import SystemPackage
import TokenRing

/// A program that reads its input and writes a result: gnuplot, gzip.
enum FilterProgram {
    /// How it ended and what it said.
    struct Result {
        /// Its exit code; 128 plus the signal's number if one ended it.
        let exitCode: CInt
        let output: String
        let errors: String
    }

    /// Runs it to its end. Its streams are files without names, so that neither side waits for the other.
    ///
    /// - Parameter input: its standard input, read from where it stands.
    /// - Returns: nil if there is no such program.
    /// - Throws: `Failure` naming the call.
    static func run(_ words: [String], input: FileDescriptor) throws(Failure) -> Result? {
        let (output, errors) = (try unnamedFile(), try unnamedFile())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.rawValue, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output.descriptor.rawValue, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.descriptor.rawValue, STDERR_FILENO)
        var arguments = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var process = pid_t()
        let result = posix_spawnp(&process, words[0], &actions, nil, &arguments, environ)
        if result == ENOENT { return nil }
        guard result == 0 else {
            throw Failure(.systemCall, "cannot start \(words[0]): \(String(cString: strerror(result)))")
        }
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return Result(
            exitCode: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: try contents(output),
            errors: try contents(errors))
    }

    /// The same with text as its input.
    static func run(_ words: [String], input text: String) throws(Failure) -> Result? {
        let file = try unnamedFile()
        do {
            _ = try file.descriptor.writeAll(Array(text.utf8))
            try file.descriptor.seek(offset: 0, from: .start)
        } catch {
            throw Failure(.systemCall, "cannot write what \(words[0]) is to read: \(error)")
        }
        return try run(words, input: file.descriptor)
    }

    private static func unnamedFile() throws(Failure) -> OwnedDescriptor {
        do throws(SystemCallError) {
            return try OwnedDescriptor(ctr_memfd_create_sealable("filter"), of: "memfd_create")
        } catch {
            throw Failure(error)
        }
    }

    private static func contents(_ file: OwnedDescriptor) throws(Failure) -> String {
        do {
            try file.descriptor.seek(offset: 0, from: .start)
            return String(decoding: try HostFile.bytes(of: file.descriptor), as: UTF8.self)
        } catch {
            throw Failure(.systemCall, "cannot read what a program wrote: \(error)")
        }
    }
}
