import CTokenRing

/// A round of the ring benchmark in a process of its own.
public enum FreshRound {
    /// The hidden subcommand that the child runs.
    public static let subcommand = "ring-round"

    /// How long a child keeps both CPUs busy before it measures. A virtual machine's second CPU was idle while the process began, and
    /// for a while comes back where everything takes four times as long.
    private static let warmUpNanoseconds: Int64 = 250_000_000

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
                let end = ctr_monotonic_ns() + warmUpNanoseconds
                repeat { _ = try rounds.measure(&random) } while ctr_monotonic_ns() < end && !Interrupt.isRequested
            }
            return try RingRounds(configuration, contenders).measure(&random)
        }
    }
}
