import RingKernelModel

/// Where the application's fragments come from. One implementation a file; each look is at one lane: a socket, or a ring set.
///
/// Held by one thread. `look` is on the hot path: no allocation, no reference counting.
protocol FragmentSource: ~Copyable {
    /// Lanes that this thread serves.
    var lanes: Int { get }

    /// Takes what is there, up to `batch.capacity` fragments, and says where each belongs.
    ///
    /// - Parameters:
    ///   - meter: what user space spends on it.
    ///   - costs: calls and copied bytes are counted there.
    /// - Returns: fragments taken.
    mutating func look(
        at lane: Int, into batch: borrowing FragmentBatch, _ meter: inout CostMeter, _ costs: inout ConsumerCosts
    ) -> Int
}
