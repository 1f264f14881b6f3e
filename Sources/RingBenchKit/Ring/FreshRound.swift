/// A round of the ring benchmark in a process of its own.
public enum FreshRound {
    /// The hidden subcommand that the child runs.
    public static let subcommand = "ring-round"

    /// What the child is told.
    struct Assignment: Codable {
        var configuration: RingConfiguration
        var implementations: [RingImplementation]
        /// Decides the order of turns.
        var seed: UInt64
        var place: CPUPlace?
        /// How long it waits for it, in nanoseconds.
        var patience: Int64
    }

    /// Has a round measured.
    static func round(
        of configuration: RingConfiguration, _ contenders: [RingContender], seed: UInt64, by fresh: FreshProcesses
    ) throws(Failure) -> RingRound {
        let assignment = Assignment(
            configuration: configuration, implementations: contenders.map(\.implementation), seed: seed,
            place: fresh.place, patience: fresh.patience.next)
        let round: RingRound = try MeasuringProcess.ask(assignment, of: subcommand, in: fresh.program)
        fresh.patience.note(round.disturbances?.places)
        return round
    }

    /// What the child does: short rounds to warm up, and one that counts.
    public static func runChild(_ argument: String) throws(Failure) {
        try MeasuringProcess.answer(argument, to: subcommand) { (assignment: Assignment) throws(Failure) in
            let configuration = assignment.configuration
            let peers = configuration.withPeers ? try RingPeers(in: configuration.peerFolder) : .none
            let contenders = (RingContender.own + peers.contenders).filter {
                assignment.implementations.contains($0.implementation)
            }
            var random = SeededGenerator(seed: assignment.seed)
            if configuration.warmsUp {
                let rounds = try RingRounds(configuration.short, contenders)
                _ = try rounds.measure(&random)
            }
            let rounds = try RingRounds(configuration, contenders)
            var (round, disturbances) = try MeasuringProcess.measure(
                in: assignment.place, patience: assignment.patience
            ) { () throws(Failure) in
                try rounds.measure(&random)
            }
            round.disturbances = disturbances
            return round
        }
    }
}
