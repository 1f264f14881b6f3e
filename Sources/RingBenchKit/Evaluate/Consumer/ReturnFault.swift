/// What an application can do wrong with a token, on purpose: shows that a run's check notices.
enum ReturnFault: Sendable, CaseIterable {
    /// It is never returned.
    case lose
    /// It is returned twice.
    case duplicate
}
