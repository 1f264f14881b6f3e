import TokenRing

/// The ring alone between two cores: TokenRing beside libxdp's helpers and a lower bound in C.
public enum RingBenchmark {
    /// What a side does when the ring is full or empty; the loops in CRingBaselines and TokenRingLoops.swift do it.
    static let pacing = "one pause instruction after each fruitless look, the same for every implementation"

    /// Measures every figure `configuration.repetitions` times, the implementations taking turns, each round in another
    /// order. After Ctrl-C it returns what is there.
    ///
    /// - Throws: `Failure`: `.usage` and `.unavailable` before anything is measured, `.invariantBroken` if one entry of
    ///   any repetition was lost, doubled, moved or changed.
    public static func run(configuration: RingConfiguration, progress: Progress) throws(Failure) -> RingReport {
        try configuration.validate()
        let cpus = try configuration.chooseCPUs()
        let measurement = RingMeasurement(
            cpus: cpus, patience: configuration.patience, fault: configuration.fault)
        var figures = try Figures(configuration)
        for round in 0..<configuration.repetitions where !Interrupt.isRequested {
            if round % max(1, configuration.repetitions / 10) == 0 {
                progress.step("ring: round \(round + 1) of \(configuration.repetitions)")
            }
            try figures.measure(measurement, round: round)
            figures.tellLastRound(progress)
        }
        return figures.report(cpus: [cpus.producer, cpus.consumer])
    }
}

/// The raw values as they come in.
private struct Figures {
    private let configuration: RingConfiguration
    private let cells: [Cell]
    private let roundTripRegion: RingArena
    private var transfers: [[RingImplementation: [Double]]]
    private var roundTrips: [RingImplementation: [Double]] = [:]
    private var cacheLines: [Int: [Double]] = [:]

    /// One batch size with one entry size.
    private struct Cell {
        let region: RingArena
        let batch: UInt32
        let entries: UInt64
    }

    init(_ configuration: RingConfiguration) throws(Failure) {
        self.configuration = configuration
        var cells: [Cell] = []
        do {
            for entryBytes in configuration.entryBytes {
                let region = try RingArena(capacity: configuration.capacity, entryBytes: entryBytes)
                for batch in configuration.batches {
                    let batches = (configuration.entries + UInt64(batch) - 1) / UInt64(batch)
                    cells.append(Cell(region: region, batch: batch, entries: batches * UInt64(batch)))
                }
            }
            roundTripRegion = try RingArena(capacity: configuration.capacity, entryBytes: 16)
        } catch {
            throw Failure(error)
        }
        self.cells = cells
        transfers = cells.map { _ in [:] }
    }

    /// Measures everything once.
    mutating func measure(_ measurement: RingMeasurement, round: Int) throws(Failure) {
        let all = RingContender.all
        let turns = all.indices.map { all[(round + $0) % all.count] }
        for (number, cell) in cells.enumerated() {
            for contender in turns where !Interrupt.isRequested {
                let value = try measurement.transfer(contender, cell.region, batch: cell.batch, entries: cell.entries)
                transfers[number][contender.implementation, default: []].append(value)
            }
        }
        for contender in turns where !Interrupt.isRequested {
            let value = try measurement.roundTrip(contender, roundTripRegion, count: configuration.roundTrips)
            roundTrips[contender.implementation, default: []].append(value)
        }
        for lines in [1, 2] where !Interrupt.isRequested {
            let value = try measurement.cacheLine(lines: lines, roundTripRegion, count: configuration.roundTrips)
            cacheLines[lines, default: []].append(value)
        }
    }

    /// Tells what the last round measured of each ring.
    func tellLastRound(_ progress: Progress) {
        for (cell, values) in zip(cells, transfers) {
            for implementation in RingContender.all.map(\.implementation) {
                guard let own = values[implementation], let last = own.last else { continue }
                progress.measured(
                    MeasuredInterval(
                        name: "\(implementation.rawValue) \(cell.region.entryBytes) B, batch \(cell.batch)",
                        repetition: own.count, repetitions: configuration.repetitions, key: "ns_per_entry", value: last,
                        evidence: .model), isOneOfMany: true)
            }
        }
    }

    func report(cpus: [Int]) -> RingReport {
        var ring: [RingResult] = []
        for (cell, values) in zip(cells, transfers) {
            for implementation in RingContender.all.map(\.implementation) {
                guard let own = values[implementation] else { continue }
                let ratios = Ratios(own, to: values[.lowerBound])
                ring.append(
                    RingResult(
                        implementation: implementation, batch: cell.batch, entryBytes: cell.region.entryBytes,
                        capacity: configuration.capacity, verifiedEntries: cell.entries,
                        nanosecondsPerEntry: Repetitions(own), ratioToLowerBound: ratios.ofMedians,
                        pairedRatioToLowerBound: ratios.paired))
            }
        }
        let trips = RingContender.all.compactMap { contender -> RoundTripResult? in
            guard let own = roundTrips[contender.implementation] else { return nil }
            let ratios = Ratios(own, to: roundTrips[.lowerBound])
            return RoundTripResult(
                implementation: contender.implementation, entryBytes: 16, verifiedRoundTrips: configuration.roundTrips,
                nanosecondsPerRoundTrip: Repetitions(own), ratioToLowerBound: ratios.ofMedians,
                pairedRatioToLowerBound: ratios.paired)
        }
        let lines = cacheLines.sorted { $0.key < $1.key }.map {
            CacheLineResult(lines: $0.key, nanosecondsPerRoundTrip: Repetitions($0.value))
        }
        return RingReport(
            ring: ring, roundTrip: trips, cacheLine: lines, cpus: cpus, pacing: RingBenchmark.pacing)
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
