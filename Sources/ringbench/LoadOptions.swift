import ArgumentParser
import RingBenchKit
import RingKernelModel

/// The load that every proposal is put under. What is not given is as in the profile, or as in the mail threads' experiment.
struct LoadOptions: ParsableArguments {
    @Option(help: "TCP flows, one socket each (default: 4).")
    var flows: Int?

    @Option(help: "Bytes that one receive asks for (default: 65536).")
    var readBytes: Int?

    @Option(help: "Payload bytes of a fragment, a multiple of 8 up to a buffer's (default: 4096).")
    var fragBytes: Int?

    @Option(help: "Bytes of a buffer, a power of two from 4096 (default: 4096).")
    var niovBytes: Int?

    @Option(help: "Tokens returned at a time, up to 1024, in calls of 128 (default: 128).")
    var returnBatch: Int?

    @Option(help: "Tokens that the application holds before it returns the oldest (default: 0).")
    var heldTokens: Int?

    @Option(help: "Threads of the application; one where a ring serves the whole binding (default: 1).")
    var threads: Int?

    @Option(help: "Buffers in the binding (default: 32768).")
    var niovs: Int?

    @Option(
        help: ArgumentHelp(
            "Bindings of other programs on the device: the mode that each asks for, 0 manual or 1 autorelease.",
            valueName: "modes"))
    var otherBindings: TokenModes?

    @Option(help: "Tokens that make one repetition (default: 1000000; of a profile, as many as arrive in its time).")
    var tokens: Int?

    @Option(help: "Entries of the delivery ring, a power of two (default: 1024).")
    var deliveryRing: UInt32?

    @Option(help: "Entries of the return ring, a power of two (default: 4096).")
    var returnRing: UInt32?

    @Option(help: "Decides the content of the streams (default: 1).")
    var seed: UInt64?

    /// Whether nothing but `--tokens` was given.
    var isDefault: Bool {
        [flows, readBytes, fragBytes, niovBytes, returnBatch, heldTokens, threads, niovs].allSatisfy { $0 == nil }
            && otherBindings == nil && deliveryRing == nil && returnRing == nil && seed == nil
    }

    /// `load` with what was given.
    func applied(to load: Load) -> Load {
        var load = load
        load.flows = flows ?? load.flows
        load.readBytes = readBytes ?? load.readBytes
        load.fragBytes = fragBytes ?? load.fragBytes
        load.niovBytes = niovBytes ?? load.niovBytes
        load.returnBatch = returnBatch ?? load.returnBatch
        load.heldTokens = heldTokens ?? load.heldTokens
        load.threads = threads ?? load.threads
        load.niovs = niovs ?? load.niovs
        load.otherBindings = otherBindings?.modes ?? load.otherBindings
        load.tokens = tokens ?? load.tokens
        load.deliveryEntries = deliveryRing ?? load.deliveryEntries
        load.returnEntries = returnRing ?? load.returnEntries
        load.seed = seed ?? load.seed
        return load
    }

    /// The effective values by their options' names.
    static func options(of load: Load) -> [String: String] {
        [
            "flows": "\(load.flows)", "read-bytes": "\(load.readBytes)", "frag-bytes": "\(load.fragBytes)",
            "niov-bytes": "\(load.niovBytes)", "return-batch": "\(load.returnBatch)",
            "held-tokens": "\(load.heldTokens)", "threads": "\(load.threads)", "niovs": "\(load.niovs)",
            "other-bindings": load.otherBindings.map { "\($0.rawValue)" }.joined(separator: ","),
            "tokens": "\(load.tokens)", "delivery-ring": "\(load.deliveryEntries)",
            "return-ring": "\(load.returnEntries)", "seed": "\(load.seed)",
        ]
    }

    /// One line for people.
    static func summary(of load: Load) -> String {
        """
        \(load.flows) flows, reads of \(load.readBytes) B in fragments of \(load.fragBytes) B, returns of \
        \(load.returnBatch), \(load.niovs) net_iovs of \(load.niovBytes) B
        """
    }
}

/// Modes, separated by commas.
struct TokenModes: ExpressibleByArgument {
    let modes: [TokenMode]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        modes = parts.compactMap { UInt8($0).flatMap(TokenMode.init(rawValue:)) }
        guard modes.count == parts.count else { return nil }
    }
}
