import RingKernelModel

/// How the application gives tokens back. One implementation a file.
///
/// Held by one thread. `giveBack` is on the hot path: no allocation, no reference counting.
protocol TokenReturner: ~Copyable {
    /// What a token is given back as.
    associatedtype Entry: BitwiseCopyable

    /// The entry for a fragment.
    static func entry(returning frag: ReceivedFrag) -> Entry

    /// Gives a batch of tokens of `lane` back.
    ///
    /// - Parameters:
    ///   - meter: what user space spends on it, calls into the kernel left out.
    ///   - costs: calls and copied bytes are counted there.
    ///   - watch: ends a wait for room in a ring.
    /// - Returns: tokens that the kernel took, or that are in a ring.
    mutating func giveBack(
        _ entries: UnsafeBufferPointer<Entry>, lane: Int, _ meter: inout CostMeter, _ costs: inout ConsumerCosts,
        _ watch: inout Watchdog
    ) -> Int
}
