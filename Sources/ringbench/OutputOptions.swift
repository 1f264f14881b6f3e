import ArgumentParser
import RingBenchKit
import SystemPackage

/// Where the result goes, the same for every command.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON object (schema ringbench/1) instead of tables.")
    var json = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Write the result to FILE instead of stdout.", valueName: "file"))
    var output: String?

    // -Q as xdpsock has it; -q is a queue.
    @Flag(name: [.customShort("Q"), .long], help: "No progress on stderr.")
    var quiet = false

    var progress: Progress { Progress(quiet: quiet) }

    /// Opens the destination before anything is measured, so that a path that cannot be written costs no run.
    func open() throws -> ResultSink { try ResultSink(path: output) }

    /// Prints the document as JSON, or `text`.
    func emit<Section>(_ document: ResultDocument<Section>, text: String, to sink: ResultSink) throws {
        progress.finish()
        try sink.write(json ? try document.json() : text)
    }
}

/// An opened destination for a result.
struct ResultSink {
    private let descriptor: FileDescriptor
    private let name: String

    init(path: String?) throws {
        name = path ?? "stdout"
        guard let path else {
            descriptor = .standardOutput
            return
        }
        do {
            descriptor = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .truncate],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch {
            throw Failure(.systemCall, "cannot write \(path): \(error); choose another --output file")
        }
    }

    func write(_ text: String) throws {
        do {
            try descriptor.writeAll(Array((text + "\n").utf8))
        } catch {
            throw Failure(.systemCall, "cannot write \(name): \(error)")
        }
    }
}
