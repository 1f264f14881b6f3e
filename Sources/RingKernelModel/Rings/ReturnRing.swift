import TokenRing

/// A mapped ring by which buffers come back, as the kernel consumes it. One implementation a file; the ring set's lock is held
/// around every call, and nothing read from the ring is trusted.
protocol ReturnRing: AnyObject, Sendable {
    /// Takes back what is in the ring.
    ///
    /// - Parameters:
    ///   - enough: buffers after which a pass in softirq stops; nil to take all that is there now, in process context.
    ///   - forDriver: whether a driver below asks. Its poll is timed as a whole, and it had the buffers fetched before.
    ///   - cost: where the time goes, batch by batch.
    /// - Returns: tokens taken back.
    func consume(until enough: Int?, for owner: TokenOwner, forDriver: Bool, cost: inout CostMeter) -> Int

    /// Fetches the entries that `consume` will read first, if that gains anything.
    func fetchEntries()

    /// Fetches the buffers that `consume` will take back first, if that gains anything.
    func fetchBuffers(of owner: TokenOwner)

    /// What the kernel has seen of the ring.
    var statistics: RingStatistics { get }

    /// Tells user space, once until it is armed again, that the page pool has no buffer.
    func reportStarvation()

    /// Arms that report again. False if it was not made.
    func armStarvation() -> Bool
}

extension ReturnRing {
    /// Entries looked at in one pass in softirq, as zcrx's refill does (sources.md 2.4, R11).
    static var mostEntriesPerPass: UInt32 { 1024 }

    func fetchEntries() {}

    func fetchBuffers(of owner: TokenOwner) {}
}
