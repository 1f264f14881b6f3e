import CTokenRing
import Glibc
import RingKernelModel

/// The application, one thread of it: looks at its sockets or rings in turn, reads the payload, and gives tokens back when a
/// batch is full. The same code for every proposal; where fragments come from and how tokens go back are its parameters.
struct Consumer<Source: FragmentSource & ~Copyable, Returner: TokenReturner & ~Copyable>: ~Copyable {
    private var source: Source
    private var returner: Returner
    private let batch: FragmentBatch
    private let held: UnsafeMutablePointer<HeldTokens<Returner.Entry>>
    private let lanes: Int
    private let checker: Unmanaged<StreamChecker>
    private let progress: Unmanaged<RunProgress>
    /// Which of the application's threads this is.
    private let thread: Int
    /// Whether another thread needs this one's core: then waiting is not spinning.
    private let sharesCore: Bool
    /// What goes wrong when all is received; for tests.
    private let fault: ReturnFault?
    private let handicap: Handicap
    private let times: DeliveryTimes.Notes?

    /// `checker` and `progress` must outlive it.
    init(
        _ source: consuming Source, _ returner: consuming Returner, load: Load, lanesOfAllThreads: Int,
        checker: StreamChecker, progress: RunProgress, thread: Int, sharesCore: Bool,
        fault: ReturnFault?, handicap: Handicap, times: DeliveryTimes.Notes?
    ) {
        self.fault = fault
        self.handicap = handicap
        self.times = times
        self.sharesCore = sharesCore
        lanes = source.lanes
        self.source = source
        self.returner = returner
        batch = FragmentBatch(capacity: max(load.fragsPerRead, DeliveryRingSource.mostFrags))
        held = .allocate(capacity: lanes)
        let share = load.heldTokens / max(1, lanesOfAllThreads)
        for lane in 0..<lanes {
            (held + lane).initialize(to: HeldTokens(batch: load.returnBatch, held: share))
        }
        self.checker = .passUnretained(checker)
        self.progress = .passUnretained(progress)
        self.thread = thread
    }

    deinit {
        for lane in 0..<lanes { held[lane].deallocate() }
        held.deallocate()
    }

    /// Receives until the run is complete and returns every token, or stops early when `watch` says so.
    mutating func run(_ watch: inout Watchdog) -> ConsumerCosts {
        var costs = ConsumerCosts()
        var meter = ThreadMeter()
        meter.start()
        consumeLoop(&costs, &watch)
        costs.thread = meter.end()
        if let fault { apply(fault) }
        // What is left; not part of what is measured.
        var unused = CostMeter()
        for lane in 0..<lanes {
            while held[lane].count > 0, watch.reason == nil { returnOldest(of: lane, &unused, &costs, &watch) }
        }
        return costs
    }

    /// The hot loop, by its name: scripts/check-hot-path.sh disassembles it.
    @inline(never)
    private mutating func consumeLoop(_ costs: inout ConsumerCosts, _ watch: inout Watchdog) {
        var receive = CostMeter()
        var returning = CostMeter()
        var worker = WorkerTime()
        while watch.mayContinue(progress: costs.received) {
            var found = 0
            for lane in 0..<lanes {
                let count = source.look(at: lane, into: batch, &receive, &costs)
                if count > 0 {
                    costs.received &+= count
                    costs.corrupt &+= checker._withUnsafeGuaranteedRef { $0.corrupt(batch, count) }
                    keep(count, for: lane, &returning, &costs, &watch)
                    found &+= count
                }
                worker.endLook(found: count > 0)
                if count > 0, let times { times.note(batch, count, at: worker.last) }
            }
            if found == 0 {
                let done = costs.received
                if progress._withUnsafeGuaranteedRef({ $0.isComplete(with: done, of: thread) }) { break }
                if sharesCore { sched_yield() } else { ctr_pause() }
            }
        }
        costs.receive = .init(receive)
        costs.returning = .init(returning)
        costs.worker = worker
    }

    /// Loses or doubles one of the tokens that are still held.
    private func apply(_ fault: ReturnFault) {
        for lane in 0..<lanes where held[lane].count > 0 {
            switch fault {
            case .lose: held[lane].removeNewest()
            case .duplicate: held[lane].add(held[lane].newest)
            }
            return
        }
    }

    /// Puts the batch's tokens to those that are held, and returns the oldest when it is time.
    @inline(__always)
    private mutating func keep(
        _ count: Int, for lane: Int, _ meter: inout CostMeter, _ costs: inout ConsumerCosts, _ watch: inout Watchdog
    ) {
        var done = 0
        while done < count {
            let start = CostMeter.start()
            let added = min(count &- done, held[lane].room)
            for position in 0..<added {
                held[lane].add(Returner.entry(returning: batch.frags[done &+ position]))
            }
            handicap.spend(tokens: added)
            meter.add(since: start, tokens: added)
            done &+= added
            if held[lane].isDue { returnOldest(of: lane, &meter, &costs, &watch) }
        }
    }

    @inline(__always)
    private mutating func returnOldest(
        of lane: Int, _ meter: inout CostMeter, _ costs: inout ConsumerCosts, _ watch: inout Watchdog
    ) {
        costs.returned &+= returner.giveBack(held[lane].oldest, lane: lane, &meter, &costs, &watch)
        held[lane].removeOldest()
    }
}
