import CTokenRing
import Synchronization

/// One owner's tokens in a chained hash table with a lock in each bucket, as `hlist_bl` has it: bit 0 of the bucket's word
/// is the lock, the rest the first entry.
///
/// Tokens count up from 1, pass over 0 when they wrap, and pass over those that are still held. As they count up, their low
/// bits are as even a hash as there is, and the other side has no say in them. Entries come from slabs of 512 and are never
/// given back before the owner is gone, so that no token costs an allocation. The table does not grow: an owner that hoards
/// more tokens than buckets makes its own chains longer.
///
/// `insert` belongs to the thread that receives for the owner; the rest may be called from any.
final class TokenHash: @unchecked Sendable {
    /// Buckets, 8 bytes each; a power of two.
    private let buckets: Int
    private static let slabEntries = 512
    private static let locked: UInt = 1

    private struct Entry {
        var niov: NetIOVPointer?
        var next: EntryPointer?
        var token: UInt32
    }

    private typealias EntryPointer = UnsafeMutablePointer<Entry>

    private struct State {
        var nextToken: UInt32
        var hasWrapped = false
        /// Entries that hold nothing, linked through `next`. Under the spare lock.
        var spare: EntryPointer?
        /// All slabs; the first entry of each links them.
        var slabs: EntryPointer?
    }

    private let chains: UnsafeMutablePointer<Atomic<UInt>>
    private let state: UnsafeMutablePointer<State>
    private let spareLock = SpinLock()

    /// An empty table.
    ///
    /// - Parameters:
    ///   - firstToken: where tokens begin; near 2^32 to see them wrap.
    ///   - buckets: a power of two; few to see threads meet in one.
    init(firstToken: UInt32 = 1, buckets: Int = 4096) {
        self.buckets = buckets
        chains = .allocate(capacity: buckets)
        for bucket in 0..<buckets { (chains + bucket).initialize(to: Atomic(0)) }
        state = .allocate(capacity: 1)
        state.initialize(to: State(nextToken: firstToken))
    }

    deinit {
        while let slab = state.pointee.slabs {
            state.pointee.slabs = slab.pointee.next
            slab.deallocate()
        }
        state.deallocate()
        chains.deallocate()
    }

    /// Gives each fragment a token of its own.
    func insert(_ frags: UnsafeBufferPointer<Frag>, tokens: UnsafeMutablePointer<UInt32>) {
        guard var entry = takeEntries(frags.count) else { return }
        for (position, frag) in frags.enumerated() {
            // Before the entry moves into its chain.
            let next = entry.pointee.next
            entry.pointee.niov = frag.niov
            tokens[position] = insert(entry)
            entry = next ?? entry
        }
    }

    /// Goes on counting from `token`, as if all before it had been given. Only a test need not wait for 2^32 tokens.
    func skip(to token: UInt32) { state.pointee.nextToken = token }

    /// Removes tokens and says whose buffers they were; absent ones are skipped.
    ///
    /// - Returns: how many there were; their buffers are in `found`.
    func erase(from start: UInt32, count: Int, into found: UnsafeMutablePointer<NetIOVPointer>) -> Int {
        var taken = 0
        var first: EntryPointer?
        var last: EntryPointer?
        for offset in 0..<UInt32(count) {
            guard let entry = unlink(start &+ offset), let niov = entry.pointee.niov else { continue }
            found[taken] = niov
            taken += 1
            entry.pointee.next = first
            first = entry
            last = last ?? entry
        }
        if let first, let last { giveEntries(first, last) }
        return taken
    }

    /// Removes everything.
    func removeAll(_ body: (NetIOVPointer) -> Void) {
        for bucket in 0..<buckets where (chains + bucket).pointee.load(ordering: .relaxed) != 0 {
            let chain = EntryPointer(bitPattern: lock(chains + bucket))
            unlock(chains + bucket, nil)
            var last = chain
            while let entry = last {
                if let niov = entry.pointee.niov { body(niov) }
                guard entry.pointee.next != nil else { break }
                last = entry.pointee.next
            }
            if let chain, let last { giveEntries(chain, last) }
        }
    }

    // MARK: buckets

    @inline(__always)
    private func bucket(of token: UInt32) -> UnsafeMutablePointer<Atomic<UInt>> {
        chains + Int(token) & (buckets - 1)
    }

    /// - Returns: the chain's first entry, as a word.
    @inline(__always)
    private func lock(_ bucket: UnsafeMutablePointer<Atomic<UInt>>) -> UInt {
        while true {
            let chain = bucket.pointee.load(ordering: .relaxed)
            if chain & Self.locked == 0,
                bucket.pointee.weakCompareExchange(
                    expected: chain, desired: chain | Self.locked, ordering: .acquiring
                ).exchanged
            {
                return chain
            }
            ctr_pause()
        }
    }

    /// Puts the chain's first entry in place and takes the lock off with the same store.
    @inline(__always)
    private func unlock(_ bucket: UnsafeMutablePointer<Atomic<UInt>>, _ first: EntryPointer?) {
        bucket.pointee.store(UInt(bitPattern: first), ordering: .releasing)
    }

    @inline(__always)
    private func insert(_ entry: EntryPointer) -> UInt32 {
        while true {
            let token = nextToken()
            let bucket = bucket(of: token)
            let first = EntryPointer(bitPattern: lock(bucket))
            if state.pointee.hasWrapped, Self.holds(first, token) {
                unlock(bucket, first)
                continue
            }
            entry.pointee.token = token
            entry.pointee.next = first
            unlock(bucket, entry)
            return token
        }
    }

    @inline(__always)
    private func nextToken() -> UInt32 {
        if state.pointee.nextToken == 0 {
            state.pointee.hasWrapped = true
            state.pointee.nextToken = 1
        }
        defer { state.pointee.nextToken &+= 1 }
        return state.pointee.nextToken
    }

    private static func holds(_ first: EntryPointer?, _ token: UInt32) -> Bool {
        var entry = first
        while let here = entry {
            if here.pointee.token == token { return true }
            entry = here.pointee.next
        }
        return false
    }

    @inline(__always)
    private func unlink(_ token: UInt32) -> EntryPointer? {
        let bucket = bucket(of: token)
        let first = EntryPointer(bitPattern: lock(bucket))
        var before: EntryPointer?
        var entry = first
        while let here = entry, here.pointee.token != token {
            before = here
            entry = here.pointee.next
        }
        guard let entry else {
            unlock(bucket, first)
            return nil
        }
        before?.pointee.next = entry.pointee.next
        unlock(bucket, before == nil ? entry.pointee.next : first)
        return entry
    }

    // MARK: entries

    /// - Returns: the first of `count` entries that are linked through `next`; nil for none.
    private func takeEntries(_ count: Int) -> EntryPointer? {
        guard count > 0 else { return nil }
        return spareLock.withLock {
            var first: EntryPointer?
            for _ in 0..<count {
                if state.pointee.spare == nil { addSlab() }
                guard let entry = state.pointee.spare else { break }
                state.pointee.spare = entry.pointee.next
                entry.pointee.next = first
                first = entry
            }
            return first
        }
    }

    private func giveEntries(_ first: EntryPointer, _ last: EntryPointer) {
        spareLock.withLock {
            last.pointee.next = state.pointee.spare
            state.pointee.spare = first
        }
    }

    private func addSlab() {
        let slab = EntryPointer.allocate(capacity: Self.slabEntries)
        slab.initialize(repeating: Entry(niov: nil, next: nil, token: 0), count: Self.slabEntries)
        slab.pointee.next = state.pointee.slabs
        state.pointee.slabs = slab
        for position in 1..<Self.slabEntries {
            slab[position].next = state.pointee.spare
            state.pointee.spare = slab + position
        }
    }
}
