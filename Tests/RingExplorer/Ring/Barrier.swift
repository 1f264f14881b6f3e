/// The barriers of design/protocol.md. A ring that lacks one must be found wanting, or the explorer is.
public enum Barrier: String, CaseIterable, Sendable {
    /// Acquire load of the consumer index in `reserve`.
    case consumerAcquire = "A"
    /// Release store that publishes an entry.
    case publishRelease = "B"
    /// Acquire load that finds an entry published.
    case publishedAcquire = "C"
    /// Release store of the consumer index in `release`.
    case consumerRelease = "D"
    /// Full fence between publishing, or releasing, and looking at the peer's flag.
    case wakeFence = "E"
    /// Full fence between setting the own flag and the last look.
    case sleepFence = "F"
}
