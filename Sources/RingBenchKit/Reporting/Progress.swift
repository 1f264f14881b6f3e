import Glibc
import SystemPackage

/// What goes to stderr while a command runs: one line rewritten on a terminal, plain lines otherwise.
public struct Progress: Sendable {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let isQuiet: Bool

    /// Progress that is shown, or not.
    public init(quiet: Bool = false) { isQuiet = quiet }

    /// Says what is being done now.
    public func step(_ text: String) {
        guard !isQuiet else { return }
        write(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
    }

    /// Ends the rewritten line, before results are printed.
    public func finish() {
        if isTerminal, !isQuiet { write("\r\u{1B}[K") }
    }

    /// Says something that must stay on the screen.
    public func note(_ text: String) {
        finish()
        write("\(text)\n")
    }

    private func write(_ text: String) { _ = try? FileDescriptor.standardError.writeAll(Array(text.utf8)) }
}
