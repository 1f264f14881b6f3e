import RingKernelModel

/// What the consumer's side of one repetition did and cost. Goes over a pipe when the consumer is another process.
struct ConsumerCosts: Codable, Sendable {
    /// Taking delivery: control messages parsed, or entries read and released.
    var receive = Phase()
    /// Giving back: tokens gathered, or entries written and submitted.
    var returning = Phase()
    /// Where the thread's time went.
    var worker = WorkerTime()
    /// What the thread took while it received and returned, looks that found nothing included.
    var thread = ThreadCost()
    /// Calls that would enter the kernel, by what they are.
    var receiveCalls = 0
    var returnCalls = 0
    var wakeupCalls = 0
    /// Bytes that would be copied between user and kernel.
    var copiedBytes = 0
    /// Fragments received and tokens returned.
    var received = 0
    var returned = 0
    /// What must be 0.
    var corrupt = 0
    var refusedReturns = 0

    struct Phase: Codable, Sendable {
        var ticks: UInt64 = 0
        var batches: UInt64 = 0
        var tokens: UInt64 = 0
        var disturbedBatches: UInt64 = 0

        init() {}
        init(_ meter: CostMeter) {
            ticks = meter.ticks
            batches = meter.batches
            tokens = meter.tokens
            disturbedBatches = meter.disturbedBatches
        }

        static func += (sum: inout Phase, other: Phase) {
            sum.ticks += other.ticks
            sum.batches += other.batches
            sum.tokens += other.tokens
            sum.disturbedBatches += other.disturbedBatches
        }
    }

    var calls: Int { receiveCalls + returnCalls + wakeupCalls }

    /// Adds another thread's.
    static func += (sum: inout ConsumerCosts, other: ConsumerCosts) {
        sum.receive += other.receive
        sum.returning += other.returning
        sum.worker += other.worker
        sum.thread += other.thread
        sum.receiveCalls += other.receiveCalls
        sum.returnCalls += other.returnCalls
        sum.wakeupCalls += other.wakeupCalls
        sum.copiedBytes += other.copiedBytes
        sum.received += other.received
        sum.returned += other.returned
        sum.corrupt += other.corrupt
        sum.refusedReturns += other.refusedReturns
    }
}
