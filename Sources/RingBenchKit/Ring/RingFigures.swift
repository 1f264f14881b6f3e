import TokenRing

/// The raw values of a ring benchmark as they come in.
struct RingFigures {
    private let configuration: RingConfiguration
    private let contenders: [RingContender]
    private var transfers: [[RingImplementation: [RingTransfer]]]
    private var roundTrips: [RingImplementation: [Double]] = [:]
    private var latencies: [RingImplementation: LatencyHistogram] = [:]
    private var cacheLines: [Int: [Double]] = [:]

    init(_ configuration: RingConfiguration, _ contenders: [RingContender]) {
        self.configuration = configuration
        self.contenders = contenders
        transfers = configuration.cells.map { _ in [:] }
    }

    /// Takes what a round measured.
    mutating func add(_ round: RingRound) {
        for (number, values) in round.transfers.enumerated() {
            for (implementation, value) in values { transfers[number][implementation, default: []].append(value) }
        }
        for (implementation, value) in round.roundTrips { roundTrips[implementation, default: []].append(value) }
        for (implementation, times) in round.latencies {
            latencies[implementation, default: LatencyHistogram(loop: .closed)].add(times)
        }
        for (lines, value) in round.cacheLines { cacheLines[lines, default: []].append(value) }
    }

    /// Tells what the last round measured of each ring.
    func tellLastRound(_ progress: Progress) {
        for (cell, values) in zip(configuration.cells, transfers) {
            for implementation in contenders.map(\.implementation) {
                guard let own = values[implementation], let last = own.last?.nanosecondsPerEntry else { continue }
                progress.measured(
                    MeasuredInterval(
                        name: "\(implementation.rawValue) \(cell.entryBytes) B, batch \(cell.batch)",
                        repetition: own.count, repetitions: configuration.repetitions, key: "ns_per_entry", value: last,
                        evidence: .model), isOneOfMany: true)
            }
        }
    }

    /// Nanoseconds per entry of each cell.
    private var times: [[RingImplementation: [Double]]] {
        transfers.map { $0.mapValues { $0.map(\.nanosecondsPerEntry) } }
    }

    /// Every implementation's repetitions of every figure, always in the same order.
    var samples: [Repetitions] {
        (times + [roundTrips]).flatMap { values in
            contenders.compactMap { values[$0.implementation].map { Repetitions($0) } }
        }
    }

    func report(cpus: [Int], peers: RingPeers, conditions: MeasuringConditions) -> RingReport {
        var ring: [RingResult] = []
        for ((cell, transfers), values) in zip(zip(configuration.cells, transfers), times) {
            for implementation in contenders.map(\.implementation) {
                guard let own = values[implementation], let transfers = transfers[implementation] else { continue }
                let ratios = Ratios(own, to: values[.lowerBound])
                ring.append(
                    RingResult(
                        implementation: implementation, batch: cell.batch, entryBytes: cell.entryBytes,
                        capacity: configuration.capacity, verifiedEntries: cell.entries,
                        nanosecondsPerEntry: Repetitions(own),
                        producer: ThreadFigures(transfers.map(\.producer), per: cell.entries),
                        consumer: ThreadFigures(transfers.map(\.consumer), per: cell.entries),
                        ratioToLowerBound: ratios.ofMedians,
                        pairedRatioToLowerBound: ratios.paired))
            }
        }
        let trips = contenders.compactMap { contender -> RoundTripResult? in
            guard let own = roundTrips[contender.implementation], let latency = latencies[contender.implementation]
            else { return nil }
            let ratios = Ratios(own, to: roundTrips[.lowerBound])
            return RoundTripResult(
                implementation: contender.implementation, entryBytes: 16, verifiedRoundTrips: configuration.roundTrips,
                nanosecondsPerRoundTrip: Repetitions(own), latency: latency, ratioToLowerBound: ratios.ofMedians,
                pairedRatioToLowerBound: ratios.paired)
        }
        let lines = cacheLines.sorted { $0.key < $1.key }.map {
            CacheLineResult(lines: $0.key, nanosecondsPerRoundTrip: Repetitions($0.value))
        }
        return RingReport(
            ring: ring, roundTrip: trips, cacheLine: lines, standings: peers.contenders.isEmpty ? [] : standings,
            cpus: cpus, between: configuration.otherProgram == nil ? "threads" : "processes",
            pacing: RingBenchmark.pacing, peers: peers, conditions: conditions)
    }

    /// Where TokenRing stands in each figure.
    private var standings: [RingStanding] {
        zip(configuration.cells, times).compactMap { cell, values in
            RingStanding(of: "\(cell.entryBytes) bytes, batch \(cell.batch)", values)
        } + [RingStanding(of: "round trip", roundTrips)].compactMap(\.self)
    }
}

/// One implementation's values against another's of the same rounds.
private struct Ratios {
    let ofMedians: Double?
    let paired: Double?

    init(_ values: [Double], to base: [Double]?) {
        guard let base, !base.isEmpty, !values.isEmpty else {
            ofMedians = nil
            paired = nil
            return
        }
        ofMedians = Repetitions(values).median / Repetitions(base).median
        paired = Repetitions(zip(values, base).map { $0 / $1 }).median
    }
}
