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
    }

    /// Has a round measured by `program`.
    static func round(
        of configuration: RingConfiguration, _ contenders: [RingContender], seed: UInt64, by program: String
    ) throws(Failure) -> RingRound {
        let assignment = Assignment(
            configuration: configuration, implementations: contenders.map(\.implementation), seed: seed)
        return try MeasuringProcess.ask(assignment, of: subcommand, in: program)
    }

    /// What the child does: a short round to warm up, and one that counts.
    public static func runChild(_ argument: String) throws(Failure) {
        try MeasuringProcess.answer(argument, to: subcommand) { (assignment: Assignment) throws(Failure) in
            let configuration = assignment.configuration
            let peers = configuration.withPeers ? try RingPeers(in: configuration.peerFolder) : .none
            let contenders = (RingContender.own + peers.contenders).filter {
                assignment.implementations.contains($0.implementation)
            }
            var random = SeededGenerator(seed: assignment.seed)
            if configuration.warmsUp { _ = try RingRounds(configuration.short, contenders).measure(&random) }
            return try RingRounds(configuration, contenders).measure(&random)
        }
    }
}
