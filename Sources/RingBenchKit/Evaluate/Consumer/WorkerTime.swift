import RingKernelModel

/// Where a worker thread's time went, in ticks of `ctr_ticks()`, look by look: each look at a socket or ring, with what was
/// done about what it found, counts wholly as fruitful or as fruitless.
///
/// The time begins with the first fruitful look and ends with the last one, so that neither the start nor the end of a run
/// counts as idle.
struct WorkerTime: Codable, Sendable, BitwiseCopyable {
    /// Looks that take longer were interrupted: the thread was off its core. Four times what `CostMeter` allows a batch, for
    /// a look may have a whole ring flushed.
    static let mostTicks: UInt64 = 4 * CostMeter.mostTicks

    /// In looks that found something.
    private(set) var fruitful: UInt64 = 0
    /// In looks that found nothing.
    private(set) var fruitless: UInt64 = 0
    /// In looks of either kind during which the thread was off its core.
    private(set) var stolen: UInt64 = 0
    /// Since the last fruitful look.
    private var pendingFruitless: UInt64 = 0
    private var pendingStolen: UInt64 = 0
    /// When the last look ended.
    private(set) var last: UInt64 = 0
    private var hasBegun = false

    /// Begins to count.
    init() { last = CostMeter.start() }

    /// A look has ended, and what was found has been dealt with.
    @inline(__always)
    mutating func endLook(found: Bool) {
        let now = CostMeter.start()
        let elapsed = now &- last
        last = now
        if elapsed >= Self.mostTicks {
            pendingStolen &+= elapsed
        } else if !found {
            pendingFruitless &+= elapsed
        } else if hasBegun {
            fruitful &+= elapsed
        }
        guard found else { return }
        if hasBegun {
            fruitless &+= pendingFruitless
            stolen &+= pendingStolen
        }
        hasBegun = true
        pendingFruitless = 0
        pendingStolen = 0
    }

    /// All of it.
    var span: UInt64 { fruitful &+ fruitless &+ stolen }

    /// Adds another thread's.
    static func += (sum: inout WorkerTime, other: WorkerTime) {
        sum.fruitful &+= other.fruitful
        sum.fruitless &+= other.fruitless
        sum.stolen &+= other.stolen
    }
}
