import Glibc
import RingTestSupport
import Synchronization
import Testing
import TokenRing

@testable import RingKernelModel

/// The structures behind the mechanisms, where the mechanisms alone do not reach: wraps, growth, and readers without a lock.
@Suite("Ledgers")
struct LedgerTests {
    private func binding(niovs: Int) throws -> Binding {
        try Binding(
            id: 7, direction: .receive, payload: SealedMemory("dmabuf", byteCount: niovs * 4096), niovCount: niovs,
            niovBytes: 4096, cleanUp: .never,
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

    @Test("three threads in the same two buckets: every token is inserted once and erased once")
    func hashUnderThreads() throws {
        let count = 40_000
        let (table, binding) = (TokenHash(buckets: 2), try binding(niovs: 1))
        let progress = Progress()
        let erasers = (0..<2).map { number in
            TestThread { [self] in
                for batch in stride(from: number, to: count / 8, by: 2) {
                    let last = (batch + 1) * 8
                    while progress.inserted.load(ordering: .acquiring) < last { sched_yield() }
                    progress.erased.wrappingAdd(erase(UInt32(last - 7), 8, from: table), ordering: .relaxed)
                    progress.done.wrappingAdd(8, ordering: .releasing)
                }
            }
        }
        for batch in 0..<(count / 8) {
            // Long chains, so that the look-ups take long enough to be met.
            while batch * 8 - progress.done.load(ordering: .acquiring) > 512 { sched_yield() }
            let tokens = insert(8, into: table, binding)
            #expect(tokens.first == UInt32(batch * 8 + 1))
            progress.inserted.store((batch + 1) * 8, ordering: .releasing)
        }
        for eraser in erasers { eraser.join() }
        #expect(progress.erased.load(ordering: .relaxed) == count)
        table.removeAll { _ in Issue.record("a token is left") }
    }

    private final class Progress: Sendable {
        let inserted = Atomic(0)
        let done = Atomic(0)
        let erased = Atomic(0)
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

    @Test("readers walk the tree while it grows: what was made before they looked is there, and is no other's")
    func treeReadersWhileGrowing() throws {
        let binding = try binding(niovs: 5000)
        var found = 0
        for seed in UInt64(0)..<50 {
            let growth = Growth(of: binding)
            let reader = TestThread { growth.read(seed: seed) }
            while !growth.hasReader.load(ordering: .acquiring) { sched_yield() }
            growth.make(5000)
            reader.join()
            #expect(growth.wrong.load(ordering: .relaxed) == 0)
            found += growth.found.load(ordering: .relaxed)
        }
        #expect(found > 0, "the reader met the growing tree")
    }

    /// A tree that one thread makes counters in, from page 0 up, and another reads.
    private final class Growth: @unchecked Sendable {
        let hasReader = Atomic(false)
        let wrong = Atomic(0)
        let found = Atomic(0)
        private let binding: Binding
        private let tree: CounterTree
        private let made = Atomic(0)
        private let isDone = Atomic(false)

        init(of binding: Binding) {
            self.binding = binding
            tree = CounterTree(of: binding)
        }

        /// Each counter holds its page.
        func make(_ count: NetIOVIndex) {
            for index in 0..<count {
                tree.makeCounter(of: index).pointee.store(Int32(index), ordering: .relaxed)
                made.store(Int(index) + 1, ordering: .releasing)
            }
            isDone.store(true, ordering: .releasing)
        }

        func read(seed: UInt64) {
            var random = SplitMix64(seed: seed)
            hasReader.store(true, ordering: .releasing)
            while !isDone.load(ordering: .acquiring) {
                let count = made.load(ordering: .acquiring)
                guard count > 0 else { continue }
                let index = NetIOVIndex(random.next() % UInt64(count))
                let page = tree.counter(of: index)?.pointee.load(ordering: .relaxed)
                if page == Int32(index) {
                    found.wrappingAdd(1, ordering: .relaxed)
                } else {
                    wrong.wrappingAdd(1, ordering: .relaxed)
                }
            }
        }
    }
}
