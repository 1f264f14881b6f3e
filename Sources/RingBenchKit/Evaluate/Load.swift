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
    /// Fragments that arrive in one poll of a flow; 0 for as many as a receive takes, at most an skb's.
    public var burstFrags = 0
    /// Fragments that a socket queues before its window closes; 0 for twice a receive's, and at least 128.
    public var windowFrags = 0
    /// Buffers in the binding.
    public var niovs = 32768
    /// Bytes of a buffer, `rx-page-size`.
    public var niovBytes = Binding.pageBytes
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

    /// Fragments of one receive.
    public var fragsPerRead: Int { max(1, readBytes / fragBytes) }

    /// Refuses what cannot be run, naming the option.
    public func validate() throws(Failure) {
        func require(_ holds: Bool, _ sentence: String) throws(Failure) {
            if !holds { throw Failure(.usage, sentence) }
        }
        try require((1...64).contains(flows), "--flows is \(flows): 1 to 64 flows can be run")
        try require(
            niovBytes.nonzeroBitCount == 1 && (Binding.pageBytes...1 << 21).contains(niovBytes),
            "--niov-bytes is \(niovBytes): it must be a power of two from \(Binding.pageBytes) to 2 MiB")
        try require(
            fragBytes % 8 == 0 && (8...niovBytes).contains(fragBytes),
            "--frag-bytes is \(fragBytes): it must be a multiple of 8 up to a buffer's \(niovBytes)")
        try require(
            readBytes >= fragBytes && readBytes <= 1 << 20,
            "--read-bytes is \(readBytes): it must hold a fragment of \(fragBytes) and be at most 1 MiB")
        try require(
            (1...1024).contains(returnBatch),
            "--return-batch is \(returnBatch): 1 to 1024 tokens can be returned at a time, in calls of 128")
        try require(
            (1...flows).contains(threads), "--threads is \(threads): there must be 1 to \(flows), a flow for each")
        try require(heldTokens >= 0, "--held-tokens is \(heldTokens): it must be 0 or more")
        try require(
            (1024...1 << 20).contains(niovs),
            "--niovs is \(niovs): it must be between 1024 (4 MiB of buffers) and 1048576")
        try require((1...1 << 32).contains(tokens), "--tokens is \(tokens): it must be 1 or more")
        for (name, entries) in [("--delivery-ring", deliveryEntries), ("--return-ring", returnEntries)] {
            try require(
                entries.nonzeroBitCount == 1 && entries <= RingLayout.mostEntries,
                "\(name) is \(entries): a ring's size must be a power of two up to \(RingLayout.mostEntries)")
        }
        let held = mostTokensOut
        try require(
            niovs > held,
            "--niovs is \(niovs): queues, rings and return batches can hold \(held) of them; use more buffers")
    }

    /// Fragments that can be on their way at once: in queues, in delivery rings, with the application, in return rings.
    var mostTokensOut: Int {
        flows * kernelConfiguration(depth: .stamps, threads: 1).windowFrags + Int(deliveryEntries)
            + flows * returnBatch + heldTokens
    }

    /// The model kernel's set-up for this load.
    func kernelConfiguration(depth: StreamContent.Depth, threads: Int) -> Kernel.Configuration {
        var configuration = Kernel.Configuration()
        configuration.flows = flows
        configuration.fragBytes = fragBytes
        configuration.niovs = niovs
        configuration.niovBytes = niovBytes
        configuration.windowFrags = windowFrags > 0 ? windowFrags : max(128, 2 * fragsPerRead)
        configuration.threads = threads
        configuration.deliveryEntries = deliveryEntries
        configuration.returnEntries = returnEntries
        configuration.seed = seed
        configuration.depth = depth
        return configuration
    }
}
