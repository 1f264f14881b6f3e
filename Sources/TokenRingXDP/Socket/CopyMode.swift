/// How packets get into the UMEM, and how that came about.
public struct CopyMode: Hashable, Sendable {
    /// What the caller asks for.
    public enum Request: String, Hashable, Sendable, CaseIterable {
        /// Zero copy if the driver offers it for this queue, else copy.
        case auto
        /// The kernel copies; works with every driver.
        case copy
        /// The driver receives into the UMEM, or binding fails.
        case zeroCopy = "zero_copy"
    }

    /// What the kernel does.
    public enum Granted: String, Hashable, Sendable {
        /// Each packet is copied into the UMEM.
        case copy
        /// The driver receives into the UMEM itself.
        case zeroCopy = "zero_copy"
    }

    /// What was asked for.
    public let requested: Request
    /// What the bound socket says it does (`XDP_OPTIONS`), never what was asked.
    public let granted: Granted
    /// Why it is so; one sentence.
    public let reason: String
}
