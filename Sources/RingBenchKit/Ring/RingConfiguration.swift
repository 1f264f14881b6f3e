import CRingBaselines
import CTokenRing
import TokenRing

/// What `ringbench ring` measures, and how much of it.
public struct RingConfiguration: Codable, Sendable {
    /// Entries per reserve and per peek, each measured on its own.
    public var batches: [UInt32] = [1, 16, 64]
    /// Bytes of an entry, 8 or 16, each measured on its own.
    public var entryBytes: [UInt32] = [8, 16]
    /// Slots of a ring: a power of two, far fewer than `entries`.
    public var capacity: UInt32 = 2048
    /// Entries of one repetition, rounded up to whole batches.
    public var entries: UInt64 = 1_000_000
    /// Round trips of one repetition.
    public var roundTrips: UInt64 = 20_000
    /// How often each figure is measured, at the most.
    public var repetitions = 81
    /// Half of an interval's width, as a part of its median, that ends it earlier; nil measures all repetitions.
    public var precision: Double?
    /// Decides whose turn it is.
    public var seed = UInt64.random(in: 0...UInt64(UInt32.max))
    /// Whether rounds are thrown away until two windows agree.
    public var warmsUp = true
    /// Whether rings of other projects are measured too.
    public var withPeers = false
    /// This program, if it is to run the consuming side in a process of its own.
    public var otherProgram: String?
    /// This program, if it is to measure each round in a fresh process.
    public var program: String?
    /// Where the CPUs have to lie for a run in a fresh process.
    public var place = CPUPlace.Rule.usual
    /// Where their adapters are; nil: beside this program.
    public var peerFolder: String?
    /// The producer's CPU and the consumer's; nil: the first two that this process may use.
    public var cpus: CPUs?
    /// Fruitless looks in a row, each with a pause, after which a side gives up: some ten seconds.
    public var patience: UInt64 = 1 << 28
    /// What to break on purpose, to see that it is noticed.
    public var fault: RingFault?

    /// A CPU for each side.
    public struct CPUs: Codable, Sendable {
        /// The producer's.
        public let producer: Int
        /// The consumer's.
        public let consumer: Int

        /// The producer's first.
        public init(_ producer: Int, _ consumer: Int) { (self.producer, self.consumer) = (producer, consumer) }
    }

    /// One entry size with one batch size.
    struct Cell: Sendable {
        let entryBytes: UInt32
        let batch: UInt32
        /// Whole batches of them.
        let entries: UInt64
    }

    /// Each entry size with each batch size.
    var cells: [Cell] {
        entryBytes.flatMap { bytes in
            batches.map { batch in
                let batches = (entries + UInt64(batch) - 1) / UInt64(batch)
                return Cell(entryBytes: bytes, batch: batch, entries: batches * UInt64(batch))
            }
        }
    }

    /// The same with so little to do that it can be thrown away.
    var short: RingConfiguration {
        var short = self
        short.entries = min(entries, max(4 * UInt64(capacity), 100_000))
        short.roundTrips = min(roundTrips, 2000)
        return short
    }

    /// The defaults of the command.
    public init() {}

    /// Checks every field that can be checked without starting a thread.
    ///
    /// - Throws: `Failure` of kind `.usage`, naming the option.
    public func validate() throws(Failure) {
        for bytes in entryBytes where bytes != 8 && bytes != 16 {
            throw Failure(.usage, "--entry-bytes \(bytes): entries have 8 or 16 bytes")
        }
        guard !entryBytes.isEmpty else { throw Failure(.usage, "--entry-bytes: at least one size is needed, 8 or 16") }
        do {
            // The same check that every ring goes through; the entries lie at 128 here because only capacity can be wrong.
            let layout = RingLayout(producer: 0, consumer: 64, entries: 128, entryStride: 16, capacity: capacity)
            try layout.validate(mappingBytes: .max, entryBytes: 16, entryAlignment: 8)
        } catch {
            throw Failure(.usage, "--capacity \(capacity): \(error)")
        }
        guard !batches.isEmpty else { throw Failure(.usage, "--batches: at least one batch size is needed") }
        for batch in batches where batch == 0 || batch > capacity {
            throw Failure(.usage, "--batches \(batch): a batch has 1 to \(capacity) entries, the capacity of the ring")
        }
        guard entries >= 4 * UInt64(capacity) else {
            throw Failure(
                .usage, "--entries \(entries): use at least \(4 * UInt64(capacity)), or the ring never fills and wraps")
        }
        if withPeers, let most = batches.max(), most > CRB_PEER_MOST_BATCH || most >= capacity {
            throw Failure(
                .usage,
                "--batches \(most): with --peers at most \(min(UInt32(CRB_PEER_MOST_BATCH), capacity - 1)); most rings hold one "
                    + "entry less than their capacity")
        }
        if let precision, !(precision > 0 && precision < 1) {
            throw Failure(.usage, "--precision \(precision * 100): it is more than 0 % and below 100 %")
        }
        guard repetitions > 0 else { throw Failure(.usage, "--repetitions \(repetitions): at least 1 is needed") }
    }

    /// The two CPUs to use.
    ///
    /// - Throws: `Failure`: `.usage` for the same CPU twice, `.unavailable` for a host or a CPU that does not do.
    func chooseCPUs() throws(Failure) -> CPUs {
        let allowed = (0..<1024).filter { ctr_cpu_allowed(CInt($0)) == 1 }
        if let cpus {
            guard cpus.producer != cpus.consumer else {
                throw Failure(.usage, "--cpus \(cpus.producer),\(cpus.consumer): producer and consumer need a CPU each")
            }
            for cpu in [cpus.producer, cpus.consumer] where !allowed.contains(cpu) {
                throw Failure(.unavailable, "--cpus: this process may not use CPU \(cpu); it may use \(allowed)")
            }
            return cpus
        }
        guard allowed.count >= 2 else {
            throw Failure(
                .unavailable,
                "a ring between two cores needs two CPUs and this process may use \(allowed.count); allow it more")
        }
        return CPUs(allowed[0], allowed[1])
    }
}

/// A fault put into a run on purpose, so that tests see the content check bite.
public enum RingFault: Hashable, Codable, Sendable {
    /// The entry of this number holds something else; only word 1 of it, if there are two.
    case corruptEntry(UInt64)
    /// The entry of this number is left out, and the next one comes in its place.
    case loseEntry(UInt64)
}
