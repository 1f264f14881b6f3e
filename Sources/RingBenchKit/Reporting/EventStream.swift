import FoundationEssentials

/// What `--json-stream` writes: one JSON object a line, `{"event": ..., "data": {...}}`, each written when it happens.
public struct EventStream: Sendable {
    /// What happened.
    public enum Event: String, Encodable, Sendable {
        /// The run begins: `schema`, `command`, `environment`.
        case start
        /// A repetition was measured: `MeasuredInterval`. Or a second has passed on an interface: `XDPInterval`.
        case interval
        /// Whoever reads the result must know: `message`.
        case warning
        /// The result, as `--json` prints it.
        case end
    }

    /// The keys of `start`.
    public struct Start: Encodable, Sendable {
        let schema = ResultFile.schema
        let command: String
        let environment: HostEnvironment

        /// A run of `command` begins here.
        public init(command: String, environment: HostEnvironment) {
            self.command = command
            self.environment = environment
        }
    }

    private struct Line<Payload: Encodable>: Encodable {
        let event: Event
        let data: Payload
    }

    private let write: @Sendable (String) -> Void

    /// A stream that hands each line, without its end, to `write`.
    public init(write: @escaping @Sendable (String) -> Void) { self.write = write }

    /// Writes one event.
    public func send(_ event: Event, _ data: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(Line(event: event, data: data)) else { return }
        write(String(decoding: line, as: UTF8.self))
    }
}
