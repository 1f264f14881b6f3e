import RingTestSupport
import Synchronization
import Testing

@testable import RingKernelModel

/// The structures behind the mechanisms, where the mechanisms alone do not reach: wraps, growth, and readers without a lock.
@Suite("Ledgers")
struct LedgerTests {
    private func binding(niovs: Int) throws -> Binding {
        try Binding(
            id: 7, niovCount: niovs, niovBytes: 4096, cleanUp: .never,
            bookkeeping: BookkeepingMechanism.uref.make(.init(faults: FaultPlan(), oopses: OopsLog())))
    }

    /// Inserts that many fragments of buffer 0; their tokens.
    private func insert(_ count: Int, into table: TokenHash, _ binding: Binding) -> [UInt32] {
        let frags = Array(repeating: Frag(niov: binding.niovs[0], offset: 0, size: 4096), count: count)
        return [UInt32](unsafeUninitializedCapacity: count) { tokens, initialized in
            guard let names = tokens.baseAddress else { return }
            frags.withUnsafeBufferPointer { table.insert($0, tokens: names) }
            initialized = count
        }
    }

    private func erase(_ start: UInt32, _ count: Int, from table: TokenHash) -> Int {
        withUnsafeTemporaryAllocation(of: NetIOVPointer.self, capacity: count) {
            table.erase(from: start, count: count, into: $0.baseAddress!)
        }
    }

    @Test("tokens of the hash table count up from 1 and are never given again while there are others")
    func hashCountsUp() throws {
        let (table, binding) = (TokenHash(), try binding(niovs: 1))
        #expect(insert(16, into: table, binding) == Array(1...16))
        #expect(erase(1, 16, from: table) == 16)
        #expect(insert(2, into: table, binding) == [17, 18])
        #expect(erase(1, 16, from: table) == 0)
    }

    @Test("they wrap past 0, a range may wrap with them, and a token that is still held is passed over")
    func hashWraps() throws {
        let (table, binding) = (TokenHash(firstToken: .max - 1), try binding(niovs: 1))
        #expect(insert(4, into: table, binding) == [.max - 1, .max, 1, 2])
        #expect(erase(.max - 1, 2, from: table) == 2)
        let late = TokenHash(firstToken: .max)
        #expect(insert(1, into: late, binding) == [.max])
        #expect(insert(3, into: late, binding) == [1, 2, 3])
        let held = TokenHash(firstToken: 1)
        #expect(insert(2, into: held, binding) == [1, 2])
        held.skip(to: .max)
        #expect(insert(2, into: held, binding) == [.max, 3], "1 and 2 are still out")
        #expect(erase(.max, 5, from: held) == 4)
    }

    @Test("an owner that hoards makes chains and slabs longer, and everything is found again")
    func hashHoards() throws {
        let (table, binding) = (TokenHash(), try binding(niovs: 1))
        var tokens: [UInt32] = []
        for _ in 0..<1250 { tokens += insert(16, into: table, binding) }
        #expect(Set(tokens).count == 20_000)
        // From the middle of the chains first.
        for start in stride(from: UInt32(8001), to: 12_001, by: 16) { #expect(erase(start, 16, from: table) == 16) }
        var removed = 0
        table.removeAll { _ in removed += 1 }
        #expect(removed == 16_000)
        #expect(erase(1, 16, from: table) == 0)
        #expect(insert(16, into: table, binding).first == 20_001, "the entries are used again")
    }

    @Test("the counter tree grows by levels, keeps every counter, and finds none that was never made")
    func treeGrows() throws {
        let binding = try binding(niovs: 300_000)
        let tree = CounterTree(of: binding)
        #expect(tree.counter(of: 0) == nil)
        let indices: [NetIOVIndex] = [5, 63, 64, 4095, 4096, 262_143, 262_144, 299_999]
        let counters = indices.map { tree.makeCounter(of: $0) }
        for (index, counter) in zip(indices, counters) {
            #expect(tree.counter(of: index) == counter)
            #expect(tree.makeCounter(of: index) == counter, "there is one a page")
        }
        #expect(Set(counters.map { Int(bitPattern: $0) }).count == indices.count)
        #expect(tree.counter(of: 8192) == nil)
        #expect(tree.counter(of: .max) == nil)
    }

    @Test("putAll drops a buffer once, however many tokens are out, and leaves the counters at 0")
    func treePutsAll() throws {
        let binding = try binding(niovs: 5000)
        let tree = CounterTree(of: binding)
        let niovs = (0..<2).compactMap { _ in binding.pool.allocate() }
        for (tokens, niov) in zip([Int32(3), 1], niovs) {
            tree.makeCounter(of: niov.pointee.index).pointee.store(tokens, ordering: .relaxed)
        }
        _ = tree.makeCounter(of: 4999)
        tree.putAll()
        tree.putAll()
        #expect(binding.pool.audit.isWhole)
        for niov in niovs { #expect(tree.counter(of: niov.pointee.index)?.pointee.load(ordering: .relaxed) == 0) }
    }

    @Test("readers walk the tree while it grows: they find a page's counter or nothing, and never another's")
    func treeReadersWhileGrowing() throws {
        let binding = try binding(niovs: 1 << 18)
        let tree = CounterTree(of: binding)
        withExtendedLifetime(binding) {
            let made = UnsafeMutablePointer<Atomic<UInt>>.allocate(capacity: 1 << 18)
            defer { made.deallocate() }
            for index in 0..<(1 << 18) { (made + index).initialize(to: Atomic(0)) }
            let shared = Shared(tree: tree, made: made)
            let flags = Flags()
            let reader = TestThread {
                var random = SplitMix64(seed: 5)
                while !flags.isDone.load(ordering: .acquiring) {
                    let index = NetIOVIndex(truncatingIfNeeded: random.next()) & (1 << 18 - 1)
                    // Made before we look, so it must be there and be that one.
                    let expected = shared.made[Int(index)].load(ordering: .acquiring)
                    let counter = UInt(bitPattern: shared.tree.counter(of: index))
                    if expected != 0 {
                        flags.found.wrappingAdd(1, ordering: .relaxed)
                        if counter != expected { flags.wrong.wrappingAdd(1, ordering: .relaxed) }
                    }
                }
            }
            for index in 0..<NetIOVIndex(1 << 18) {
                let counter = tree.makeCounter(of: index)
                made[Int(index)].store(UInt(bitPattern: counter), ordering: .releasing)
            }
            flags.isDone.store(true, ordering: .releasing)
            reader.join()
            #expect(flags.wrong.load(ordering: .relaxed) == 0)
            #expect(flags.found.load(ordering: .relaxed) > 0)
        }
    }

    private struct Shared: @unchecked Sendable {
        let tree: CounterTree
        let made: UnsafeMutablePointer<Atomic<UInt>>
    }

    private final class Flags: Sendable {
        let isDone = Atomic(false)
        let wrong = Atomic(0)
        let found = Atomic(0)
    }
}
