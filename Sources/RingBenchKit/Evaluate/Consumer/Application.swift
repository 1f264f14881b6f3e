import CTokenRing
import RingKernelModel
import TokenRing

/// One thread's part of the application of a run, put together from the composition: a source and a returner, and which
/// lanes it serves. The only place that knows all of them.
struct Application: Sendable {
    let composition: Composition
    let load: Load
    let rings: ConsumerRings
    let checker: StreamChecker
    let progress: RunProgress
    /// The kernel, and what the calls of each thread enter; nil where it is another process.
    let kernel: Kernel?
    let crossing: Crossing
    /// The calls of each ring set's owner.
    let calls: [RingCalls]
    let thread: Int
    let sharesCore: Bool
    /// What it does wrong; for tests.
    var fault: ReturnFault?
    var handicap = Handicap.none
    /// Where it notes when bursts were dealt with, in the open loop.
    var times: DeliveryTimes.Notes?

    /// Does its part of the run.
    func run(_ watch: inout Watchdog) throws(Failure) -> ConsumerCosts {
        let plan = ConsumerPlan(composition, load, thread: thread)
        switch composition.returning {
        case .socketOption:
            let kernel = try needed(kernel)
            let sockets = kernel.sockets
            let call = SocketOptionCall(kernel: kernel, sockets: plan.sockets.map { sockets[$0] }, crossing: crossing)
            return try run(plan, CallReturner(call), &watch)
        case .netlink:
            let kernel = try needed(kernel)
            let batch = min(load.returnBatch, CallReturner<NetlinkCall>.mostTokens)
            let call = NetlinkCall(kernel: kernel, binding: kernel.binding, batch: batch, crossing: crossing)
            return try run(plan, CallReturner(call), &watch)
        case .ioctl:
            let kernel = try needed(kernel)
            return try run(
                plan, CallReturner(IoctlCall(kernel: kernel, binding: kernel.binding, crossing: crossing)), &watch)
        case .mappedRing: return try run(plan, try returner(plan, rings.returns), &watch)
        case .refillRing: return try run(plan, try returner(plan, rings.refills), &watch)
        case .fillQueue: return try run(plan, try returner(plan, rings.fills), &watch)
        }
    }

    private func returner<Entry: ReturnEntry & BitwiseCopyable>(
        _ plan: ConsumerPlan, _ ends: RingEnds<ProducerRing<MappedRingMemory<Entry>>>?
    ) throws(Failure) -> RingReturner<Entry> {
        let ends = try needed(ends)
        return RingReturner(plan.ringSets.map { (ends[$0], calls[$0]) })
    }

    private func run<Returner: TokenReturner & ~Copyable>(
        _ plan: ConsumerPlan, _ returner: consuming Returner, _ watch: inout Watchdog
    ) throws(Failure) -> ConsumerCosts {
        switch composition.delivery {
        case .controlMessages, .controlMessagesTruncated:
            let kernel = try needed(kernel)
            let sockets = kernel.sockets
            let source = MessageSource(
                kernel: kernel, sockets: plan.sockets.map { sockets[$0] }, load: load, crossing: crossing,
                checker: checker)
            return consume(source, returner, &watch)
        case .mappedRing:
            let ends = try needed(rings.delivery)
            let source = DeliveryRingSource(plan.ringSets.map { (ends[$0], calls[$0]) }, checker: checker)
            return consume(source, returner, &watch)
        }
    }

    private func consume<Source: FragmentSource & ~Copyable, Returner: TokenReturner & ~Copyable>(
        _ source: consuming Source, _ returner: consuming Returner, _ watch: inout Watchdog
    ) -> ConsumerCosts {
        var consumer = Consumer(
            source, returner, load: load, lanesOfAllThreads: ConsumerPlan.lanes(composition, load), checker: checker,
            progress: progress, thread: thread, sharesCore: sharesCore, fault: fault,
            handicap: handicap, times: times)
        return withExtendedLifetime((self, kernel)) { consumer.run(&watch) }
    }

    /// What this composition cannot do without; it is nil only in another process, which is not started for it.
    private func needed<Part>(_ part: Part?) throws(Failure) -> Part {
        guard let part else {
            throw Failure(.usage, "\(composition.name) has nothing that another process could use")
        }
        return part
    }
}
