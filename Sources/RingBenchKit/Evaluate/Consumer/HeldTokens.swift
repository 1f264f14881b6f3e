/// Tokens that the application has and did not return yet, of one lane, oldest first: as return entries of the kind that its
/// returner takes. One thread's.
///
/// They go back in batches, and only when more than `held` would be left: an application may need the data for a while.
struct HeldTokens<Entry: BitwiseCopyable>: BitwiseCopyable {
    private let entries: UnsafeMutablePointer<Entry>
    private let capacity: Int
    private var first = 0
    private(set) var count = 0
    /// Tokens in a batch.
    let batch: Int
    /// Tokens from which on a batch goes back: what is held, and a batch.
    private let threshold: Int

    /// Room for `held` tokens and two batches.
    init(batch: Int, held: Int) {
        self.batch = batch
        threshold = held + batch
        // A multiple of the batch, so that no batch wraps round.
        capacity = ((held + batch - 1) / batch + 2) * batch
        entries = .allocate(capacity: capacity)
    }

    func deallocate() { entries.deallocate() }

    /// Tokens that can be added before a batch must go back.
    @inline(__always)
    var room: Int { threshold - count }

    /// Whether a batch is to go back now.
    @inline(__always)
    var isDue: Bool { count >= threshold }

    /// Adds one; there must be room.
    @inline(__always)
    mutating func add(_ entry: Entry) {
        var end = first + count
        if end >= capacity { end -= capacity }
        entries[end] = entry
        count += 1
    }

    /// The oldest batch, or what there is of it at the end.
    @inline(__always)
    var oldest: UnsafeBufferPointer<Entry> { UnsafeBufferPointer(start: entries + first, count: min(batch, count)) }

    /// The one that was added last; there must be one.
    var newest: Entry { entries[(first + count - 1) % capacity] }

    /// Forgets that one.
    mutating func removeNewest() { count -= 1 }

    /// Forgets the oldest batch.
    @inline(__always)
    mutating func removeOldest() {
        let removed = min(batch, count)
        count -= removed
        first += removed
        if first >= capacity { first = 0 }
    }
}
