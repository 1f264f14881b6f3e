import ArgumentParser
import RingBenchKit

/// `--json-stream`, of the commands that tell what they measure while they run.
struct StreamOptions: ParsableArguments {
    @Flag(
        name: .long,
        help:
            "Print JSON lines while it runs: the events start, interval, warning, and end, which holds what --json prints."
    )
    var jsonStream = false

    /// Progress to stderr, or as events into the sink, which gets the first one now.
    func progress(_ output: OutputOptions, _ command: String, _ environment: HostEnvironment, _ sink: ResultSink)
        -> Progress
    {
        guard jsonStream else { return output.progress }
        let events = EventStream { line in try? sink.write(line) }
        events.send(.start, EventStream.Start(command: command, environment: environment))
        return Progress(events: events)
    }

    /// The last event, or what `output` asks for.
    func emit<Section>(
        _ document: ResultDocument<Section>, text: String, _ output: OutputOptions, to sink: ResultSink
    ) throws {
        guard jsonStream else { return try output.emit(document, text: text, to: sink) }
        EventStream { line in try? sink.write(line) }.send(.end, document)
    }
}
