import TokenRing

/// What one round measured: every figure once, unless it was interrupted.
struct RingRound: Codable, Sendable {
    /// Cell by cell.
    var transfers: [[RingImplementation: RingTransfer]]
    /// Nanoseconds per round trip.
    var roundTrips: [RingImplementation: Double] = [:]
    /// Of single round trips.
    var latencies: [RingImplementation: LatencyHistogram] = [:]
    /// Nanoseconds per round trip of a bare counter, by the cache lines that it takes.
    var cacheLines: [Int: Double] = [:]
    /// What the fresh process suffered that measured it; nil: this one measured it.
    var disturbances: ProcessDisturbances?
}

/// Measures rounds: who takes part, and the memory of their rings.
struct RingRounds {
    private let configuration: RingConfiguration
    private let measurement: RingMeasurement
    private let contenders: [RingContender]
    /// One for each cell; those of one entry size share it.
    private let arenas: [RingArena]
    private let roundTripArena: RingArena
    private let clock = TickClock()

    init(_ configuration: RingConfiguration, _ contenders: [RingContender]) throws(Failure) {
        self.configuration = configuration
        self.contenders = contenders
        measurement = RingMeasurement(
            cpus: try configuration.chooseCPUs(), patience: configuration.patience, fault: configuration.fault,
            otherProgram: configuration.otherProgram, peerFolder: configuration.peerFolder)
        do {
            var arenas: [UInt32: RingArena] = [:]
            for bytes in configuration.entryBytes + [16] where arenas[bytes] == nil {
                arenas[bytes] = try RingArena(capacity: configuration.capacity, entryBytes: bytes, for: contenders)
            }
            self.arenas = configuration.cells.compactMap { arenas[$0.entryBytes] }
            roundTripArena = try RingArena(capacity: configuration.capacity, entryBytes: 16, for: contenders)
        } catch {
            throw Failure(error)
        }
    }

    /// Measures everything once, the contenders in another order for each figure.
    func measure(_ random: inout SeededGenerator) throws(Failure) -> RingRound {
        let cells = configuration.cells
        var round = RingRound(transfers: cells.map { _ in [:] })
        for (number, cell) in cells.enumerated() {
            for contender in contenders.shuffled(using: &random) where !Interrupt.isRequested {
                round.transfers[number][contender.implementation] = try measurement.transfer(
                    contender, arenas[number], batch: cell.batch, entries: cell.entries)
            }
        }
        for contender in contenders.shuffled(using: &random) where !Interrupt.isRequested {
            let implementation = contender.implementation
            round.roundTrips[implementation] = try measurement.roundTrip(
                contender, roundTripArena, count: configuration.roundTrips)
            let times = try measurement.roundTripTimes(
                contender, roundTripArena, count: Int(clamping: configuration.roundTrips))
            var latency = LatencyHistogram(loop: .closed)
            latency.record(ticks: times, clock)
            round.latencies[implementation] = latency
        }
        for lines in [1, 2] where !Interrupt.isRequested {
            round.cacheLines[lines] = try measurement.cacheLine(
                lines: lines, roundTripArena, count: configuration.roundTrips)
        }
        return round
    }
}
