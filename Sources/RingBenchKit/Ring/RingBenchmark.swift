import TokenRing

/// The ring alone between two cores: TokenRing beside libxdp's helpers, a lower bound in C, and rings of other projects.
public enum RingBenchmark {
    /// What a side does when the ring is full or empty; the loops in CRingBaselines, RingPeers and TokenRingLoops.swift do it.
    static let pacing = "one pause instruction after each fruitless look, the same for every implementation"

    /// Measures every figure up to `configuration.repetitions` times once the machine is warm, the implementations taking turns in an
    /// order that the seed decides. After Ctrl-C it returns what is there.
    ///
    /// - Throws: `Failure`: `.usage` and `.unavailable` before anything is measured, `.invariantBroken` if one entry of
    ///   any repetition was lost, doubled, moved or changed.
    public static func run(configuration: RingConfiguration, progress: Progress) throws(Failure) -> RingReport {
        try configuration.validate()
        let cpus = try configuration.chooseCPUs()
        let peers = configuration.withPeers ? try RingPeers(in: configuration.peerFolder) : .none
        for sentence in peers.missing.values.sorted() { progress.warn(sentence) }
        let all = RingContender.own + peers.contenders
        let contenders = configuration.otherProgram == nil ? all : all.filter(\.crossesProcesses)
        for contender in all where !contenders.contains(where: { $0.implementation == contender.implementation }) {
            progress.warn("\(contender.implementation.rawValue) keeps a pointer in its memory: not between processes")
        }
        var random = SeededGenerator(seed: configuration.seed)
        let warmUp = configuration.warmsUp ? try warmUp(configuration, &random, progress) : nil
        let rounds = configuration.program == nil ? try RingRounds(configuration, contenders) : nil
        var figures = RingFigures(configuration, contenders)
        var stop = StopRule(precision: configuration.precision)
        let fresh = try FreshProcesses(
            by: configuration.program, on: (cpus.producer, cpus.consumer), place: configuration.place,
            progress)
        var window = MeasuringWindow()
        for round in 0..<configuration.repetitions where !Interrupt.isRequested {
            if round % max(1, configuration.repetitions / 10) == 0 {
                progress.step("ring: round \(round + 1) of \(configuration.repetitions)")
            }
            do throws(Failure) {
                if let rounds {
                    figures.add(try rounds.measure(&random))
                } else if let fresh {
                    let round = try FreshRound.round(
                        of: configuration, contenders, seed: random.next(), by: fresh)
                    window.add(round.disturbances)
                    figures.add(round)
                }
            } catch {
                guard error.kind == .interrupted, round > 0 else { throw error }
                break
            }
            figures.tellLastRound(progress)
            if stop.isMet(after: round + 1, { figures.samples }) { break }
        }
        let disturbances = window.end()
        stop.note(figures.samples)
        let conditions = MeasuringConditions(
            cpus: (cpus.producer, cpus.consumer), fresh: fresh,
            seed: configuration.seed, warmUp: warmUp, stop: stop, disturbances: disturbances)
        conditions.warn(progress)
        return figures.report(cpus: [cpus.producer, cpus.consumer], peers: peers, conditions: conditions)
    }

    /// Short rounds of TokenRing alone.
    private static func warmUp(
        _ configuration: RingConfiguration, _ random: inout SeededGenerator, _ progress: Progress
    ) throws(Failure) -> WarmUp {
        let short = configuration.short
        let rounds = try RingRounds(short, [.tokenRing])
        var figures = RingFigures(short, [.tokenRing])
        var warmUp = WarmUp()
        progress.step("ring: warm-up")
        while warmUp.goesOn, !Interrupt.isRequested {
            figures.add(try rounds.measure(&random))
            warmUp.add(figures.samples.compactMap(\.values.last))
        }
        return warmUp
    }
}
