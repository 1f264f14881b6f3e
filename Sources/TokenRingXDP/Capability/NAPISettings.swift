/// How one NAPI instance polls its queues (`NETDEV_CMD_NAPI_GET`); nil for what this kernel does not tell: interrupts since Linux
/// 6.8, deferring since 6.13, threads since 6.17.
public struct NAPISettings: Hashable, Sendable, Encodable {
    /// Its interrupt, if it has one.
    public let interrupt: UInt32?
    /// Empty polls before its interrupt is armed again.
    public let deferHardIRQs: UInt32?
    /// Nanoseconds until packets that GRO holds are passed on, and until the next poll where interrupts are deferred.
    public let groFlushTimeoutNanoseconds: UInt64?
    /// Nanoseconds that its interrupt stays off while an application busy polls.
    public let suspendTimeoutNanoseconds: UInt64?
    /// Whether a thread of its own is to poll it: 0 no, 1 yes, 2 busily.
    public let threaded: UInt64?

    private enum CodingKeys: String, CodingKey {
        case interrupt = "irq"
        case deferHardIRQs = "defer_hard_irqs"
        case groFlushTimeoutNanoseconds = "gro_flush_timeout_ns"
        case suspendTimeoutNanoseconds = "irq_suspend_timeout_ns"
        case threaded
    }

    /// From `NETDEV_A_NAPI_*` (include/uapi/linux/netdev.h). Its id and its thread's are left out: they change
    /// from run to run.
    init(_ attributes: [NetlinkAttribute]) {
        func number(_ type: UInt16) -> UInt64? { attributes.first { $0.type == type }?.unsigned }
        interrupt = number(3).map(UInt32.init(truncatingIfNeeded:))
        deferHardIRQs = number(5).map(UInt32.init(truncatingIfNeeded:))
        groFlushTimeoutNanoseconds = number(6)
        suspendTimeoutNanoseconds = number(7)
        threaded = number(8)
    }
}
