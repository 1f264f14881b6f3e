import TokenRing

/// netgpu's fill queue, one a context, fed as AF_XDP's FILL ring is (sources.md A21): an entry is a byte offset, in range or
/// not, and nobody remembers what user space holds. A buffer given back twice is the application's own corruption there;
/// with buffers that a TCP queue also refers to it is the kernel's.
public final class FillQueue: ReturnRing, @unchecked Sendable {
    private static let batch: UInt32 = 64
    private static let header = 256

    /// The ring's memory.
    public let mapping: Mapping
    /// Where it is in there.
    public let layout: RingLayout
    private let ring: UnsafeMutablePointer<ConsumerRing<MappedRingMemory<UMEMAddress>>>
    private let binding: Binding

    init(binding: Binding, entries: UInt32) throws(RegionError) {
        self.binding = binding
        do throws(SystemCallError) {
            mapping = try Mapping(anonymous: Self.header + Int(entries) * MemoryLayout<UMEMAddress>.stride)
        } catch {
            throw .system(error)
        }
        layout = RingLayout(
            producer: 0, consumer: 128, entries: UInt64(Self.header),
            entryStride: UInt32(MemoryLayout<UMEMAddress>.stride), capacity: entries)
        let memory: MappedRingMemory<UMEMAddress>
        do throws(LayoutError) {
            memory = try MappedRingMemory(mapping, layout: layout)
        } catch {
            throw .layout(ring: 0, error)
        }
        ring = .allocate(capacity: 1)
        ring.initialize(to: ConsumerRing(memory: memory))
    }

    deinit {
        ring.deinitialize(count: 1)
        ring.deallocate()
    }

    /// User space's end: returns buffers.
    public func takeProducer() throws(LayoutError) -> ProducerRing<MappedRingMemory<UMEMAddress>> {
        ProducerRing(memory: try MappedRingMemory(mapping, layout: layout))
    }

    var statistics: RingStatistics { ring.pointee.statistics }

    func consume(until enough: Int?, for owner: TokenOwner, forDriver: Bool, cost: inout CostMeter) -> Int {
        var released = 0
        var entries: UInt32 = 0
        let most = enough == nil ? ring.pointee.capacity : Self.mostEntriesPerPass
        while released < enough ?? .max, entries < most {
            let start = CostMeter.start(if: !forDriver)
            let batch = ring.pointee.peek(upTo: min(Self.batch, most - entries))
            guard !batch.isEmpty else { break }
            var taken = 0
            for offset in 0..<batch.count {
                let index = ring.pointee.read(at: batch[offset]) / UInt64(binding.niovBytes)
                guard index < UInt64(binding.niovCount) else {
                    owner.refused.countOutOfRange(1)
                    continue
                }
                binding.niovs[NetIOVIndex(index)].drop(inSoftirq: enough != nil)
                taken += 1
            }
            ring.pointee.release(batch.count)
            cost.add(since: start, tokens: taken)
            entries += batch.count
            released += taken
        }
        return released
    }

    /// netgpu had no such report.
    func reportStarvation() {}
    func armStarvation() -> Bool { false }
}
