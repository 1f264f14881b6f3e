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
    /// Buffers in the binding.
    public var niovs = 32768
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
            fragBytes % 8 == 0 && (8...Binding.pageBytes).contains(fragBytes),
            "--frag-bytes is \(fragBytes): it must be a multiple of 8 up to \(Binding.pageBytes)")
        try require(
            readBytes >= fragBytes && readBytes <= 1 << 20,
            "--read-bytes is \(readBytes): it must hold a fragment of \(fragBytes) and be at most 1 MiB")
        try require(
            (1...128).contains(returnBatch),
            "--return-batch is \(returnBatch): SO_DEVMEM_DONTNEED takes 1 to 128 tokens a call")
        try require(
            (1024...1 << 20).contains(niovs),
            "--niovs is \(niovs): it must be between 1024 (4 MiB of buffers) and 1048576")
        try require((1...1 << 32).contains(tokens), "--tokens is \(tokens): it must be 1 or more")
        for (name, entries) in [("--delivery-ring", deliveryEntries), ("--return-ring", returnEntries)] {
            try require(
                entries.nonzeroBitCount == 1 && entries <= RingLayout.mostEntries,
                "\(name) is \(entries): a ring's size must be a power of two up to \(RingLayout.mostEntries)")
        }
        let held = flows * kernelConfiguration(depth: .stamps).windowFrags + Int(deliveryEntries) + flows * returnBatch
        try require(
            niovs > held,
            "--niovs is \(niovs): queues, rings and return batches can hold \(held) of them; use more buffers")
    }

    /// The model kernel's set-up for this load.
    func kernelConfiguration(depth: StreamContent.Depth) -> Kernel.Configuration {
        var configuration = Kernel.Configuration()
        configuration.flows = flows
        configuration.fragBytes = fragBytes
        configuration.niovs = niovs
        configuration.windowFrags = max(128, 2 * fragsPerRead)
        configuration.deliveryEntries = deliveryEntries
        configuration.returnEntries = returnEntries
        configuration.seed = seed
        configuration.depth = depth
        return configuration
    }

}
