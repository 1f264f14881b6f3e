import CRingBaselines
import CTokenRing
import FoundationEssentials
import Glibc
import SystemPackage
import TokenRing

/// The consuming side of a ring benchmark in a process of its own, which is handed the memory of the rings and nothing else.
public enum RingSide {
    /// The hidden subcommand that the child runs.
    public static let subcommand = "ring-side"

    /// What the child is told, as its one argument, in JSON.
    struct Assignment: Codable {
        var implementation: RingImplementation
        /// Sends entries back instead of keeping them.
        var answers: Bool
        var capacity: UInt32
        var entryBytes: UInt32
        var batch: UInt32
        var entries: UInt64
        var first: UInt64
        var second: UInt64
        var patience: UInt64
        var cpu: Int
        var peerFolder: String?
    }

    /// Waiting for the other process takes no longer, in nanoseconds.
    private static let patienceNanoseconds: Int64 = 20_000_000_000

    // MARK: the producing process

    /// Runs `body` on `cpu`, from one start with a child that has the other side of `region`'s rings.
    static func run<Value: Sendable>(
        _ assignment: Assignment, program: String, on region: RingArena, cpu: Int,
        _ body: @escaping @Sendable () throws(LayoutError) -> Value
    ) throws(Failure) -> (Timed<Value>, Timed<crb_seen>) {
        let meeting = region.meeting
        meeting.clear()
        let argument: String
        do {
            argument = String(decoding: try JSONEncoder().encode(assignment), as: UTF8.self)
        } catch {
            throw Failure(.systemCall, "the other side could not be told what to do: \(error)")
        }
        let child = try withExtendedLifetime(region) { () throws(Failure) in
            try ChildProcess(
                program: program, arguments: [subcommand, argument], handing: region.file.descriptor)
        }
        let thread: PinnedThread<Swift.Result<Timed<Value>, LayoutError>?>
        do throws(SystemCallError) {
            thread = try PinnedThread(cpu: cpu) {
                guard meeting.await(.ready, patienceNanoseconds) else { return nil }
                meeting.announce(.begun)
                return Timed.of(StartGate(alone: true), body)
            }
        } catch {
            throw Failure(error)
        }
        let status = child.wait()
        meeting.endUnlessReady()
        let own = thread.join()
        guard let own, status == 0 else {
            throw Failure(.invariantBroken, "the other side's process ended with \(status); no number is valid")
        }
        do {
            return (try own.get(), meeting.result)
        } catch {
            throw Failure(.usage, "\(error)")
        }
    }

    // MARK: the consuming process

    /// What the child does.
    public static func runChild(_ argument: String) throws(Failure) {
        do {
            let assignment = try JSONDecoder().decode(Assignment.self, from: Data(argument.utf8))
            let peers =
                RingImplementation.peers.contains(assignment.implementation)
                ? try RingPeers(in: assignment.peerFolder) : .none
            guard
                let contender = (RingContender.own + peers.contenders).first(where: {
                    $0.implementation == assignment.implementation
                })
            else { throw Failure(.usage, "\(subcommand) is for ringbench itself") }
            let region = try RingArena(
                attached: OwnedDescriptor(ChildProcess.handedDescriptor), capacity: assignment.capacity,
                entryBytes: assignment.entryBytes, for: [contender])
            ctr_pin_thread(CInt(clamping: assignment.cpu))
            let run = crb_run(
                entries: assignment.entries, batch: assignment.batch, first: assignment.first,
                second: assignment.second, patience: assignment.patience, ticks: nil)
            let meeting = region.meeting
            meeting.announce(.ready)
            guard meeting.await(.begun, patienceNanoseconds) else {
                throw Failure(.invariantBroken, "the producing side never began")
            }
            var meter = ThreadMeter()
            meter.start()
            let start = ctr_monotonic_ns()
            let seen = try assignment.answers ? contender.answer(region, run) : contender.consume(region, run)
            let end = ctr_monotonic_ns()
            meeting.result = Timed(start: start, end: end, thread: meter.end(), value: seen)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.usage, "\(subcommand) is for ringbench itself: \(error)")
        }
    }
}

/// Where two processes start together, and the second says what it saw. On a page that both have mapped.
struct RingMeeting: @unchecked Sendable {
    private let state: SharedWord
    private let page: UnsafeMutableRawPointer
    private static let resultOffset = 128

    enum State: UInt32 { case nobody, ready, begun, gone }

    init(at page: UnsafeMutableRawPointer) {
        self.page = page
        state = SharedWord(at: page)
    }

    func clear() { state.storeRelease(State.nobody.rawValue) }

    /// The other one has ended: if it never was ready, it will not be.
    func endUnlessReady() {
        if state.loadAcquire() == State.nobody.rawValue { announce(.gone) }
    }

    func announce(_ state: State) { self.state.storeRelease(state.rawValue) }

    /// Waits without sleeping; false when the other one does not come.
    func await(_ wanted: State, _ nanoseconds: Int64) -> Bool {
        let end = ctr_monotonic_ns() + nanoseconds
        while state.loadAcquire() != wanted.rawValue {
            ctr_pause()
            if ctr_monotonic_ns() > end || state.loadAcquire() == State.gone.rawValue { return false }
        }
        return true
    }

    /// Written before its process ends, read afterwards.
    var result: Timed<crb_seen> {
        get { page.load(fromByteOffset: Self.resultOffset, as: Timed<crb_seen>.self) }
        nonmutating set { page.storeBytes(of: newValue, toByteOffset: Self.resultOffset, as: Timed<crb_seen>.self) }
    }
}
