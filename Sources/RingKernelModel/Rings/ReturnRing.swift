import TokenRing

/// A mapped ring by which buffers come back, as the kernel consumes it. One implementation a file; the ring set's lock is held
/// around every call, and nothing read from the ring is trusted.
protocol ReturnRing: AnyObject, Sendable {
    /// Takes back what is in the ring.
    ///
    /// - Parameters:
    ///   - enough: buffers after which a pass in softirq stops; nil to take all that is there now, in process context.
    ///   - isTimed: whether to take the time, or only to count.
    ///   - cost: where the time goes, batch by batch.
    /// - Returns: tokens taken back.
    func consume(until enough: Int?, for owner: TokenOwner, isTimed: Bool, cost: inout CostMeter) -> Int

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
}
