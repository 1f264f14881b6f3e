import Glibc
import SystemPackage

/// What goes to stderr while a command runs: one line rewritten on a terminal, plain lines otherwise. With an event stream it goes
/// there instead.
public struct Progress: Sendable {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let isQuiet: Bool
    private let events: EventStream?
    private let figures = LiveFigures()

    /// Progress that is shown, or not, or told as events.
    public init(quiet: Bool = false, events: EventStream? = nil) {
        isQuiet = quiet || events != nil
        self.events = events
    }

    /// Says what is being done now.
    ///
    /// - Parameter isToldByFigure: `measured` follows, whose line says the same where lines are not rewritten.
    public func step(_ text: String, isToldByFigure: Bool = false) {
        guard !isQuiet, isTerminal || !isToldByFigure else { return }
        let known = figures.text
        write(isTerminal ? "\r\u{1B}[K\(fitting(known.isEmpty ? text : "\(text)   \(known)"))" : "\(text)\n")
    }

    /// Says what was just measured. On a terminal the line grows by it: medians so far, by name.
    ///
    /// - Parameter isOneOfMany: too many for a line each where lines are not rewritten.
    public func measured(_ interval: MeasuredInterval, isOneOfMany: Bool = false) {
        events?.send(.interval, interval)
        guard !isQuiet else { return }
        figures.add(interval)
        if !isTerminal, !isOneOfMany { write("\(interval.text)\n") }
    }

    /// Says what a receiver or sender did since it last said it.
    func interval(_ interval: XDPInterval) {
        events?.send(.interval, interval)
        step(interval.text)
    }

    /// Says something that whoever reads the result must know.
    public func warn(_ text: String) {
        guard let events else { return note("ringbench: \(text)") }
        events.send(.warning, ["message": text])
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

    /// What a line of this terminal holds: a longer one would not be rewritten.
    private func fitting(_ text: String) -> String {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return text }
        return String(text.prefix(Int(size.ws_col) - 1))
    }

    private func write(_ text: String) { _ = try? FileDescriptor.standardError.writeAll(Array(text.utf8)) }
}
