import CTokenRing
import RingTestSupport
import TokenRing

/// An entry that says where in its stream it belongs.
public protocol SequencedEntry {
    /// Entry number `sequence`.
    init(sequence: UInt32)
    /// Whether this is it, whole.
    func carries(sequence: UInt32) -> Bool
}

/// 8 bytes: slots are walked in runs.
extension token_ring_range: SequencedEntry {}

/// 32 bytes: slots are found index by index.
extension token_ring_frag: SequencedEntry {
    /// Entry number `sequence`.
    public init(sequence: UInt32) { self.init(sequence: UInt64(sequence)) }
    /// Whether this is it, whole.
    public func carries(sequence: UInt32) -> Bool { carries(sequence: UInt64(sequence)) }
}

/// Which ring a program runs on.
public struct RingShape: Sendable {
    /// Slots.
    public var capacity: UInt32
    /// Where both indices start; just below 2^32 to see them wrap.
    public var start: UInt32
    /// By the producer index, or in the slot.
    public var publication: RingPublication
    /// What is left out, if anything.
    public var missing: Barrier?

    /// A ring with all its barriers, unless one is named.
    public init(_ publication: RingPublication, capacity: UInt32, start: UInt32 = 0, without missing: Barrier? = nil) {
        self.capacity = capacity
        self.start = start
        self.publication = publication
        self.missing = missing
    }

    /// As tables name it.
    var description: String {
        "\(publication == .index ? "by index" : "in slot"), \(capacity) slot\(capacity == 1 ? "" : "s")"
            + (start == 0 ? "" : ", from \(Trace.number(start))")
    }
}

/// Both ends' memory of one explored ring.
struct RingEnds<Memory: RingMemory> {
    let machine: Machine
    let capacity: UInt32
    let producerMemory: () -> Memory
    let consumerMemory: () -> Memory
    let producer: Location
    let consumer: Location

    /// Entries that are in the ring when all is over.
    var used: UInt32 { machine.finalValue(producer) &- machine.finalValue(consumer) }
}

/// What a program does with a ring, whatever its memory is.
protocol RingUse {
    func run<Memory: RingMemory>(_ ends: RingEnds<Memory>) -> Program.Run where Memory.Entry: SequencedEntry
}

extension RingShape {
    /// The program that uses a ring of this shape with entries of that type.
    func program<Entry: PhasedEntry & BitwiseCopyable & SequencedEntry>(
        of _: Entry.Type, _ use: some RingUse
    ) -> Program {
        Program(description) { machine in
            typealias Memory = ExploredMemory<Entry>
            let words = Memory.Words(
                machine, capacity: capacity, start: start, filler: Entry(sequence: 0xDEAD), phases: publication == .slot
            )
            func ends<Seam: RingMemory>(_ make: @escaping (Memory) -> Seam) -> RingEnds<Seam> {
                RingEnds(
                    machine: machine, capacity: capacity, producerMemory: { make(Memory(words, without: missing)) },
                    consumerMemory: { make(Memory(words, without: missing)) }, producer: words.producer,
                    consumer: words.consumer)
            }
            switch publication {
            case .index: return use.run(ends { $0 })
            case .slot:
                // The set-up of a region whose rings start elsewhere than at 0.
                SlotPublication(over: Memory(words, without: nil)).unpublishAll(from: RingIndex(start))
                return use.run(ends { SlotPublication(over: $0) })
            }
        }
    }
}
