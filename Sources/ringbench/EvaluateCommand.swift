import ArgumentParser
import RingBenchKit
import RingKernelModel

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Run the UAPI proposals side by side under one load.",
        discussion: """
            Every run checks itself: the bytes of each fragment, every token back once, the page pool whole. What crossing \
            into the kernel costs is measured live. Without root the AF_XDP part is left out and says so.

            Examples:
              ringbench evaluate --repetitions 3 --tokens 200000 --no-xdp
              ringbench evaluate --proposals sockopt-uref,mapped-ring --json > result.json
            """)

    @Option(help: ArgumentHelp("Proposals to compare with sockopt-xarray, separated by commas.", valueName: "names"))
    var proposals: String = Composition.all.map(\.name).joined(separator: ",")

    @Option(help: "Repetitions of each proposal.")
    var repetitions = 11

    @OptionGroup(title: "Load")
    var load: LoadOptions

    @Option(
        help: ArgumentHelp("CPUs of softirq and of the consumer; default: the first two allowed.", valueName: "a,b"))
    var cpus: CPUPair?

    @Flag(help: "Leave the AF_XDP part out.")
    var noXdp = false

    @OptionGroup(title: "Output")
    var output: OutputOptions

    func run() throws {
        try reportingFailures {
            let sink = try output.open()
            let cpus = try CPUPair.resolve(cpus)
            var evaluation = Evaluation(
                cpus: (cpus.first, cpus.second), program: "/proc/self/exe")
            evaluation.compositions = try chosen()
            evaluation.load = load.load
            evaluation.withXDP = !noXdp
            guard (1...1000).contains(repetitions) else {
                throw Failure(.usage, "--repetitions is \(repetitions): 1 to 1000 can be run")
            }
            evaluation.repetitions = repetitions
            let environment = HostEnvironment()
            let report = try evaluation.run(progress: output.progress)
            let document = ResultDocument(
                command: "evaluate", options: options(cpus), environment: environment,
                interrupted: Interrupt.isRequested, section: report)
            try output.emit(document, text: "\(environment.summary)\n\(summary(cpus))\n\n\(report.text)", to: sink)
        }
    }

    /// The baseline first, then what was asked for.
    private func chosen() throws -> [Composition] {
        let names = proposals.split(separator: ",").map(String.init)
        for name in names where Composition.named(name) == nil {
            throw Failure(
                .usage,
                "there is no proposal \(name); there are \(Composition.all.map(\.name).joined(separator: ", "))")
        }
        guard !names.isEmpty else { throw Failure(.usage, "--proposals names none") }
        return Composition.all.prefix(1) + Composition.all.dropFirst().filter { names.contains($0.name) }
    }

    private func summary(_ cpus: CPUPair) -> String {
        let load = load.load
        return """
            \(load.flows) flows, reads of \(load.readBytes) B in fragments of \(load.fragBytes) B, returns of \
            \(load.returnBatch), \(load.niovs) net_iovs; \(repetitions) repetitions of \(load.tokens) tokens; \
            softirq on CPU \(cpus.first), consumer on CPU \(cpus.second)
            """
    }

    private func options(_ cpus: CPUPair) -> [String: String] {
        let load = load.load
        return [
            "proposals": proposals, "repetitions": "\(repetitions)", "cpus": "\(cpus.first),\(cpus.second)",
            "flows": "\(load.flows)", "read-bytes": "\(load.readBytes)", "frag-bytes": "\(load.fragBytes)",
            "return-batch": "\(load.returnBatch)", "held-tokens": "\(load.heldTokens)", "threads": "\(load.threads)",
            "niovs": "\(load.niovs)",
            "niov-bytes": "\(load.niovBytes)", "tokens": "\(load.tokens)",
            "delivery-ring": "\(load.deliveryEntries)", "return-ring": "\(load.returnEntries)",
            "seed": "\(load.seed)", "no-xdp": "\(noXdp)",
        ]
    }
}

/// The load that every proposal is put under.
struct LoadOptions: ParsableArguments {
    @Option(help: "TCP flows, one socket each.")
    var flows = 4

    @Option(help: "Bytes that one receive asks for.")
    var readBytes = 65536

    @Option(help: "Payload bytes of a fragment, a multiple of 8 up to a buffer's.")
    var fragBytes = 4096

    @Option(help: "Bytes of a buffer, a power of two from 4096.")
    var niovBytes = 4096

    @Option(help: "Tokens returned at a time, up to 1024, in calls of 128.")
    var returnBatch = 128

    @Option(help: "Tokens that the application holds before it returns the oldest.")
    var heldTokens = 0

    @Option(help: "Threads of the application; one where a ring serves the whole binding.")
    var threads = 1

    @Option(help: "Buffers in the binding.")
    var niovs = 32768

    @Option(help: "Tokens that make one repetition.")
    var tokens = 1_000_000

    @Option(help: "Entries of the delivery ring, a power of two.")
    var deliveryRing: UInt32 = 1024

    @Option(help: "Entries of the return ring, a power of two.")
    var returnRing: UInt32 = 4096

    @Option(help: "Decides the content of the streams.")
    var seed: UInt64 = 1

    var load: Load {
        var load = Load()
        load.flows = flows
        load.readBytes = readBytes
        load.fragBytes = fragBytes
        load.returnBatch = returnBatch
        load.heldTokens = heldTokens
        load.threads = threads
        load.niovs = niovs
        load.niovBytes = niovBytes
        load.tokens = tokens
        load.deliveryEntries = deliveryRing
        load.returnEntries = returnRing
        load.seed = seed
        return load
    }
}
