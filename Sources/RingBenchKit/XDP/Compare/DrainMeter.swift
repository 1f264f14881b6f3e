import RingKernelModel

/// What a receiver's drains take: without those in which its core was interrupted, and all of them.
struct DrainMeter {
    private var quiet = CostMeter()
    private var all = CostMeter()
    private let clock: TickClock

    init(_ clock: TickClock) { self.clock = clock }

    /// Ticks from which on a drain of so many packets counts as disturbed: 10 microseconds, ten times what the dearest drain of a
    /// packet takes, and for each packet a quarter of one, in which less than one comes. A drain that finds what came while its
    /// thread was off the core is so left out, too.
    func mostTicks(of packets: UInt64) -> UInt64 {
        min(CostMeter.mostTicks, UInt64((10_000 + 250 * Double(packets)) / clock.nanosecondsPerTick))
    }

    /// Adds a drain between two readings of the counter.
    mutating func add(since start: UInt64, until end: UInt64, packets: UInt64) {
        quiet.add(since: start, until: end, tokens: Int(packets), most: mostTicks(of: packets))
        all.add(since: start, until: end, tokens: Int(packets), most: .max)
    }

    /// Packets of all drains.
    var packets: UInt64 { all.tokens }
    /// Drains in which the core was interrupted.
    var disturbedDrains: UInt64 { quiet.disturbedBatches }
    /// Nanoseconds a packet, without the disturbed drains.
    var nanosecondsPerPacket: Double { clock.nanosecondsPerToken(ConsumerCosts.Phase(quiet)) }
    /// Nanoseconds a packet, with the disturbed drains.
    var nanosecondsPerPacketOfAll: Double { clock.nanosecondsPerToken(ConsumerCosts.Phase(all)) }
}
