import ArgumentParser
import RingBenchKit

/// `ringbench ring`: the ring alone between two cores.
struct RingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ring",
        abstract: "Measure the ring alone between two cores, beside libxdp's helpers and a lower bound in C.",
        discussion: """
            A producer and a consumer thread, each pinned to a CPU, move entries through a ring that is far smaller than \
            the run; every word of every entry is checked. The implementations take turns, so that what the host does \
            meanwhile hits all of them. Needs no privilege.

            Examples:
              ringbench ring
              make bench-peers; ringbench ring --peers
              ringbench ring --batches 16,64 --entry-bytes 16 --repetitions 101 --json -o ring.json
            """)

    @Option(name: .long, help: "Whether the two sides are threads or processes.")
    var between = Between.threads

    /// What has a side each.
    enum Between: String, ExpressibleByArgument, CaseIterable { case threads, processes }

    @Option(name: .long, help: ArgumentHelp("Entries per reserve and peek, comma-separated.", valueName: "list"))
    var batches = CommaList([1, 16, 64])

    @Option(name: .long, help: ArgumentHelp("Bytes of an entry, 8 or 16, comma-separated.", valueName: "list"))
    var entryBytes = CommaList([8, 16])

    @Option(name: .long, help: ArgumentHelp("Slots of the ring, a power of two.", valueName: "count"))
    var capacity: UInt32 = RingConfiguration().capacity

    @Option(name: .long, help: ArgumentHelp("Entries of one repetition, at least 4 x capacity.", valueName: "count"))
    var entries: UInt64 = RingConfiguration().entries

    @Option(name: .long, help: ArgumentHelp("How often each figure is measured, at the most.", valueName: "count"))
    var repetitions: Int = RingConfiguration().repetitions

    @Option(
        name: .long,
        help: ArgumentHelp("Stop when every median's 95 % interval is within this of it.", valueName: "percent"))
    var precision: Double?

    @Option(
        name: .long,
        help: ArgumentHelp("Decides the order of turns (default: random, and printed).", valueName: "number"))
    var seed: UInt64?

    @Flag(name: .long, help: "Also ck_ring, DPDK's rte_ring and boost's spsc_queue, as make bench-peers builds them.")
    var peers = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "CPU of the producer and CPU of the consumer (default: the first two allowed).", valueName: "A,B"))
    var cpus: CommaList?

    @OptionGroup
    var place: PlaceOptions

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Output") var stream: StreamOptions

    func run() throws {
        try reportingFailures {
            let configuration = try makeConfiguration()
            try configuration.validate()
            let sink = try output.open()
            let environment = HostEnvironment()
            let report = try RingBenchmark.run(
                configuration: configuration, progress: stream.progress(output, "ring", environment, sink))
            let document = ResultDocument(
                command: "ring", options: options(report), environment: environment,
                interrupted: Interrupt.isRequested, section: report)
            try stream.emit(document, text: "\(environment.summary)\n\n\(report.text)", output, to: sink)
        }
    }

    private func makeConfiguration() throws(Failure) -> RingConfiguration {
        var configuration = RingConfiguration()
        configuration.batches = batches.values
        configuration.entryBytes = entryBytes.values
        configuration.capacity = capacity
        configuration.entries = entries
        configuration.repetitions = repetitions
        configuration.precision = precision.map { $0 / 100 }
        configuration.seed = seed ?? configuration.seed
        configuration.withPeers = peers
        configuration.program = "/proc/self/exe"
        configuration.place = place.place
        configuration.otherProgram = between == .processes ? "/proc/self/exe" : nil
        if let cpus {
            guard cpus.values.count == 2 else {
                throw Failure(
                    .usage, "--cpus \(cpus): give two CPUs, the producer's and the consumer's, as in --cpus 0,1")
            }
            configuration.cpus = .init(Int(cpus.values[0]), Int(cpus.values[1]))
        }
        return configuration
    }

    private func options(_ report: RingReport) -> [String: String] {
        [
            "batches": "\(batches)", "entry-bytes": "\(entryBytes)", "capacity": "\(capacity)", "entries": "\(entries)",
            "repetitions": "\(repetitions)", "precision": precision.map { "\($0)" } ?? "", "peers": "\(peers)",
            "between": between.rawValue, "cpus": report.cpus.map(String.init).joined(separator: ","),
        ]
    }
}

/// Numbers separated by commas, as one argument.
struct CommaList: ExpressibleByArgument, CustomStringConvertible {
    let values: [UInt32]

    init(_ values: [UInt32]) { self.values = values }

    init?(argument: String) {
        var values: [UInt32] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let value = UInt32(part) else { return nil }
            values.append(value)
        }
        self.values = values
    }

    var description: String { values.map(String.init).joined(separator: ",") }
    var defaultValueDescription: String { description }
}
