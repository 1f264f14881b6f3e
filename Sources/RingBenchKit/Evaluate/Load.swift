import RingKernelModel
import TokenRing

/// What every proposal is put under. The defaults are those of the mail threads' experiment (kperf): 4 flows, reads of
/// 64 KiB, fragments of 4 KiB, returns in batches of 128, 128 MiB of buffers.
public struct Load: Sendable, Codable {
    /// TCP flows, one socket each.
    public var flows = 4
    /// Bytes that one receive asks for.
    public var readBytes = 65536
    /// Payload bytes of a fragment.
    public var fragBytes = 4096
    /// Tokens returned at a time.
    public var returnBatch = 128
    /// Tokens that the application holds, all flows together, before it returns the oldest.
    public var heldTokens = 0
    /// Threads of the application; where a ring has one consumer there is one.
    public var threads = 1
    /// Ring sets where the topology has one a thread; 0 for as many as threads. A thread may have several.
    public var rings = 0
    /// Fragments that arrive in one poll of a flow; 0 for as many as a receive takes, at most an skb's.
    public var burstFrags = 0
    /// Fragments that a socket queues before its window closes; 0 for twice a receive's, and at least 128.
    public var windowFrags = 0
    /// Buffers in the binding.
    public var niovs = 32768
    /// Bytes of a buffer, `rx-page-size`.
    public var niovBytes = Binding.pageBytes
    /// Bindings that other programs have on the device's further queues, with the mode of tokens that each asks for.
    public var otherBindings: [TokenMode] = []
    /// Tokens that make one repetition.
    public var tokens = 1_000_000
    /// Entries of the delivery ring.
    public var deliveryEntries: UInt32 = 1024
    /// Entries of the return ring.
    public var returnEntries: UInt32 = 4096
    /// Decides the content of the streams.
    public var seed: UInt64 = 1

    /// The default load.
    public init() {}

    /// As they are called in a profile.
    enum CodingKeys: String, CodingKey, CaseIterable {
        case flows, threads, rings, niovs, tokens, seed
        case readBytes = "read_bytes"
        case fragBytes = "frag_bytes"
        case returnBatch = "return_batch"
        case heldTokens = "held_tokens"
        case burstFrags = "burst_frags"
        case windowFrags = "window_frags"
        case niovBytes = "niov_bytes"
        case otherBindings = "other_bindings"
        case deliveryEntries = "delivery_entries"
        case returnEntries = "return_entries"
    }

    /// Takes over what is there.
    ///
    /// - Throws: `Failure` naming a key whose value is of the wrong type.
    mutating func read(_ keys: KeyedDecodingContainer<CodingKeys>) throws {
        func whole(_ key: CodingKeys, _ field: WritableKeyPath<Load, Int>) throws {
            if let value = try keys.value(Int.self, key, "a whole number") { self[keyPath: field] = value }
        }
        try whole(.flows, \.flows)
        try whole(.readBytes, \.readBytes)
        try whole(.fragBytes, \.fragBytes)
        try whole(.returnBatch, \.returnBatch)
        try whole(.heldTokens, \.heldTokens)
        try whole(.threads, \.threads)
        try whole(.rings, \.rings)
        try whole(.burstFrags, \.burstFrags)
        try whole(.windowFrags, \.windowFrags)
        try whole(.niovs, \.niovs)
        try whole(.niovBytes, \.niovBytes)
        try whole(.tokens, \.tokens)
        otherBindings =
            try keys.value([TokenMode].self, .otherBindings, "an array of modes, 0 for manual and 1 for autorelease")
            ?? otherBindings
        let word = "a whole number from 0 to \(UInt32.max)"
        deliveryEntries = try keys.value(UInt32.self, .deliveryEntries, word) ?? deliveryEntries
        returnEntries = try keys.value(UInt32.self, .returnEntries, word) ?? returnEntries
        seed = try keys.value(UInt64.self, .seed, "a whole number, 0 or more") ?? seed
    }

    /// Fragments of one receive.
    public var fragsPerRead: Int { max(1, readBytes / fragBytes) }

    /// Fragments that arrive in one poll.
    var fragsPerPoll: Int { burstFrags > 0 ? burstFrags : min(fragsPerRead, Arrival.mostFrags) }

    /// Fragments that can be on their way at once: in queues, in a delivery ring, with the application.
    var mostTokensOut: Int { flows * window + Int(deliveryEntries) + flows * returnBatch + heldTokens }

    /// Fragments that a socket queues.
    private var window: Int { windowFrags > 0 ? windowFrags : max(128, 2 * fragsPerRead) }

    /// The model kernel's set-up for this load.
    func kernelConfiguration(depth: StreamContent.Depth, threads: Int = 1) -> Kernel.Configuration {
        var configuration = Kernel.Configuration()
        configuration.flows = flows
        configuration.fragBytes = fragBytes
        configuration.niovs = niovs
        configuration.niovBytes = niovBytes
        configuration.otherBindings = otherBindings
        configuration.windowFrags = window
        configuration.threads = max(rings, threads)
        configuration.deliveryEntries = deliveryEntries
        configuration.returnEntries = returnEntries
        configuration.seed = seed
        configuration.depth = depth
        return configuration
    }
}
