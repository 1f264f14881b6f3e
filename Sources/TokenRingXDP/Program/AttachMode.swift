/// Where in the receive path the XDP program runs, and how that came about.
public struct AttachMode: Hashable, Sendable {
    /// What the caller asks for.
    public enum Request: String, Hashable, Sendable, CaseIterable {
        /// In the driver if it can, else behind it.
        case auto
        /// In the driver, before there is an skb (`XDP_FLAGS_DRV_MODE`), or attaching fails.
        case native
        /// Behind the driver, on an skb (`XDP_FLAGS_SKB_MODE`); works with every driver and is slower.
        case skb
    }

    /// Where it runs.
    public enum Granted: String, Hashable, Sendable {
        /// In the driver.
        case native
        /// On an skb.
        case skb

        /// `XDP_FLAGS_DRV_MODE` or `XDP_FLAGS_SKB_MODE` of linux/if_link.h.
        var flag: UInt32 { self == .native ? 1 << 2 : 1 << 1 }
    }

    /// What was asked for.
    public let requested: Request
    /// With which flag the kernel took the program.
    public let granted: Granted
    /// Why it is so; one sentence.
    public let reason: String
}
