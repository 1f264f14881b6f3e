import CTokenRing
import Glibc
import TokenRing

/// One run of a program, of ringbench as it was built beside the tests if no other is named.
public final class Invocation {
    /// How it ended and what it said.
    public struct Result: Sendable {
        /// Its exit code; 128 plus the signal's number if one ended it; -1 if it was overdue and was killed.
        public let exitCode: CInt
        /// What it wrote to standard output.
        public let output: String
        /// What it wrote to standard error.
        public let errors: String
    }

    /// The process, for signals.
    public let process: PeerProcess
    // Files that have no name any more: they hold as much as is written, unlike a pipe.
    private let output: OwnedDescriptor
    private let errors: OwnedDescriptor

    /// Starts it, after the words of `prefix` if it is to be run by another program.
    public convenience init(_ arguments: [String], through prefix: [String] = []) throws(SystemCallError) {
        try self.init(
            program: PeerProcess.productsDirectory().appending("ringbench").string, arguments, through: prefix)
    }

    /// Starts a program, found in PATH if its name has no slash.
    public init(program: String, _ arguments: [String], through prefix: [String] = []) throws(SystemCallError) {
        output = try Self.unnamedFile()
        errors = try Self.unnamedFile()
        let words = prefix + [program] + arguments
        process = try PeerProcess(
            words[0], Array(words.dropFirst()),
            streams: (output.descriptor.rawValue, errors.descriptor.rawValue))
    }

    /// Runs it to its end.
    public static func run(_ arguments: [String], through prefix: [String] = []) throws(SystemCallError) -> Result {
        try Invocation(arguments, through: prefix).finish()
    }

    /// Waits until it has said `text` on standard error. False if it ended before, or at the deadline.
    public func waitForErrors(containing text: String, deadline: Duration = .seconds(120)) -> Bool {
        wait(for: text, in: errors, deadline)
    }

    /// Waits until it has said `text` on standard output. False if it ended before, or at the deadline.
    public func waitForOutput(containing text: String, deadline: Duration = .seconds(120)) -> Bool {
        wait(for: text, in: output, deadline)
    }

    private func wait(for text: String, in file: OwnedDescriptor, _ deadline: Duration) -> Bool {
        let end = ContinuousClock.now + deadline
        while ContinuousClock.now < end {
            if contents(file).contains(text) { return true }
            if process.poll() != nil { return contents(file).contains(text) }
            usleep(1000)
        }
        return false
    }

    /// What it has said on standard error so far.
    public var errorsSoFar: String { contents(errors) }

    /// What it has said on standard output so far.
    public var outputSoFar: String { contents(output) }

    /// Sends it SIGINT.
    public func interrupt() { process.interrupt() }

    /// Ends it with SIGKILL.
    public func kill() { process.kill() }

    /// Waits for its end; kills it at the deadline.
    public func finish(deadline: Duration = .seconds(180)) -> Result {
        let code: CInt =
            switch process.wait(deadline: deadline) {
            case .exited(let code): code
            case .killed(let signal): 128 + signal
            case .overdue: -1
            }
        return Result(exitCode: code, output: contents(output), errors: contents(errors))
    }

    private static func unnamedFile() throws(SystemCallError) -> OwnedDescriptor {
        try OwnedDescriptor(ctr_memfd_create_sealable("output"), of: "memfd_create")
    }

    private func contents(_ file: OwnedDescriptor) -> String {
        var bytes = [UInt8]()
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = pread(file.descriptor.rawValue, &piece, piece.count, off_t(bytes.count))
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }
}
