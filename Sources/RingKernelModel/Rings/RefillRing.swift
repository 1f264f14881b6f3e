import Synchronization
import TokenRing

/// io_uring zcrx's refill ring (sources.md A22, 2.4): entries are byte offsets with an area in the top 16 bits, nothing wakes
/// anybody, and the kernel pulls when the page pool needs buffers.
///
/// Each entry returns one reference of its buffer; in softirq, entries in a row for the same buffer are folded into one
/// decrement, and refused together when the buffer has not as many.
public final class RefillRing: ReturnRing, @unchecked Sendable {
    /// `io_uring_zcrx_rqe.off`: the area.
    static let areaShift: UInt64 = 48
    /// Entries that a flush parses at a time.
    private static let flushBatch: UInt32 = 32
    /// `IO_RQ_MAX_ENTRIES`.
    private static let mostEntries: UInt32 = 32768
    /// `struct io_uring` and room up to the entries, as io_uring lays the region out.
    private static let header = 128

    /// The ring's memory, user space's in the kernel; the test of a hostile peer writes it.
    public let mapping: Mapping
    /// Where it is in there.
    public let layout: RingLayout
    private let ring: UnsafeMutablePointer<ConsumerRing<MappedRingMemory<RefillEntry>>>
    private let binding: Binding
    private let faults: FaultPlan
    private let failed = Atomic<Bool>(false)

    /// A refill ring for buffers of `binding`, its only area.
    ///
    /// - Parameter entries: rounded up to a power of two; 1 to 32768 (`IO_RQ_MAX_ENTRIES`).
    init(binding: Binding, entries: UInt32, faults: FaultPlan) throws(RegionError) {
        self.binding = binding
        self.faults = faults
        guard (1...Self.mostEntries).contains(entries) else {
            throw .layout(
                ring: 0, LayoutError(.capacity, UInt64(entries), "a refill ring has 1 to \(Self.mostEntries) entries"))
        }
        let entries = UInt32(1) << UInt32(UInt32.bitWidth - (entries - 1).leadingZeroBitCount)
        do throws(SystemCallError) {
            mapping = try Mapping(anonymous: Self.header + Int(entries) * MemoryLayout<RefillEntry>.stride)
        } catch {
            throw .system(error)
        }
        layout = RingLayout(zcrxHead: 0, tail: 64, rqes: UInt32(Self.header), entries: entries)
        let memory: MappedRingMemory<RefillEntry>
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
    public func takeProducer() throws(LayoutError) -> ProducerRing<MappedRingMemory<RefillEntry>> {
        ProducerRing(memory: try MappedRingMemory(mapping, layout: layout))
    }

    var statistics: RingStatistics { ring.pointee.statistics }

    func consume(until enough: Int?, for owner: TokenOwner, forDriver: Bool, cost: inout CostMeter) -> Int {
        enough == nil ? flush(owner, forDriver, &cost) : refill(until: enough ?? 0, owner, forDriver, &cost)
    }

    /// `zcrx` refill: at most `ZCRX_REFILL_CAP` entries, invalid ones are skipped.
    private func refill(until enough: Int, _ owner: TokenOwner, _ forDriver: Bool, _ cost: inout CostMeter) -> Int {
        let start = CostMeter.start(if: !forDriver)
        var released = 0
        var looked: UInt32 = 0
        while released < enough, looked < Self.mostEntriesPerPass {
            let batch = ring.pointee.peek(upTo: min(64, Self.mostEntriesPerPass - looked))
            guard !batch.isEmpty else { break }
            released += take(batch, owner)
            looked += batch.count
            ring.pointee.release(batch.count)
        }
        if looked > 0 { cost.add(since: start, tokens: released) }
        return released
    }

    /// `ZCRX_CTRL_FLUSH_RQ`: batches of 32 until a ring full, a fatal signal, or a short batch. An invalid entry is consumed
    /// and ends its batch; what is behind it stays in the ring (`zcrx_parse_rq`).
    private func flush(_ owner: TokenOwner, _ forDriver: Bool, _ cost: inout CostMeter) -> Int {
        var released = 0
        var looked: UInt32 = 0
        while looked < ring.pointee.capacity, !faults.take(.fatalSignal) {
            let start = CostMeter.start(if: !forDriver)
            let batch = ring.pointee.peek(upTo: Self.flushBatch)
            guard !batch.isEmpty else { break }
            var taken = 0
            var valid: UInt32 = 0
            // Each by itself: a flush does not fold (`zcrx_return_buffers`).
            while valid < batch.count, let niov = niov(of: ring.pointee.read(at: batch[valid])) {
                taken += put(niov, 1, owner, false)
                valid += 1
            }
            if valid < batch.count {
                owner.refused.countOutOfRange(1)
                ring.pointee.cancel(batch.count - valid - 1)
            }
            ring.pointee.release(min(valid + 1, batch.count))
            cost.add(since: start, tokens: taken)
            released += taken
            looked += batch.count
            guard valid == Self.flushBatch else { break }
        }
        return released
    }

    /// Checks and takes a batch in softirq; each entry is copied once, an invalid one skipped.
    private func take(_ batch: RingBatch, _ owner: TokenOwner) -> Int {
        var taken = 0
        var same: (niov: NetIOVPointer, count: Int32)?
        func putSame() {
            guard let (niov, count) = same else { return }
            taken += put(niov, count, owner, true)
            same = nil
        }
        for offset in 0..<batch.count {
            guard let niov = niov(of: ring.pointee.read(at: batch[offset])) else {
                owner.refused.countOutOfRange(1)
                continue
            }
            if same?.niov == niov {
                same?.count += 1
            } else {
                putSame()
                same = (niov, 1)
            }
        }
        putSame()
        return taken
    }

    private func niov(of entry: RefillEntry) -> NetIOVPointer? {
        let area = entry.offset >> Self.areaShift
        let index = (entry.offset & (1 << Self.areaShift - 1)) / UInt64(binding.niovBytes)
        guard entry.padding == 0, area == 0, index < UInt64(binding.niovCount) else { return nil }
        return binding.niovs[NetIOVIndex(index)]
    }

    /// `uref < refs`: ignored as a whole.
    private func put(_ niov: NetIOVPointer, _ count: Int32, _ owner: TokenOwner, _ inSoftirq: Bool) -> Int {
        var held = niov.pointee.userReferences.load(ordering: .relaxed)
        while held >= count {
            let (exchanged, original) = niov.pointee.userReferences.weakCompareExchange(
                expected: held, desired: held - count, ordering: .acquiringAndReleasing)
            if exchanged {
                if held == count { niov.drop(inSoftirq: inSoftirq) }
                return Int(count)
            }
            held = original
        }
        owner.refused.countNotHeld(UInt64(count))
        return 0
    }

    /// Whether the `ALLOC_FAIL` event was posted and not armed again.
    public var hasAllocationFailed: Bool { failed.load(ordering: .acquiring) }

    func reportStarvation() { failed.store(true, ordering: .releasing) }

    /// `ZCRX_CTRL_ARM_EVENT`.
    func armStarvation() -> Bool { failed.exchange(false, ordering: .acquiringAndReleasing) }
}
