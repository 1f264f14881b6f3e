/// One measured run under an open-loop load, and the short run of the first proposal that came right before it.
struct ProfileRun: Sendable {
    /// What was measured.
    let outcome: ProposalRun.Outcome
    /// What arrived.
    let schedule: ArrivalSchedule
    /// What a token cost the first proposal's worker right before, in nanoseconds.
    let referenceNanosecondsPerToken: Double
}
