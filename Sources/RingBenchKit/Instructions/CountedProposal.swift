import RingKernelModel
import TokenRing

/// A proposal's application on one thread, with softirq's part done in between: nothing waits for anything, so that each run executes
/// the same instructions. What counts them is valgrind, around this program (scripts/instructions.py).
public enum CountedProposal {
    /// Fragments of a flow that are received and returned in a round: a window, and one batch of returns.
    private static let fragsPerFlow = 128

    /// Runs `rounds` rounds of the default load.
    ///
    /// - Returns: tokens received and returned.
    /// - Throws: `Failure`: `.usage` for a name that is none, `.invariantBroken` when a token is not where it must be.
    public static func run(_ name: String, rounds: Int) throws(Failure) -> Int {
        guard let composition = Composition.named(name) else {
            throw Failure(.usage, "there is no proposal \(name)")
        }
        var load = Load()
        load.niovs = 4096
        let kernel: Kernel
        let rings: ConsumerRings
        do {
            kernel = try Kernel(composition, load.kernelConfiguration(depth: .stamps))
            rings = try ConsumerRings(composition, kernel.ringSets)
        } catch {
            throw Failure(.systemCall, "\(name): \(error)")
        }
        defer { kernel.closeRings() }
        let memory = kernel.binding.memory
        let checker = StreamChecker(
            load: load, depth: .stamps, payload: UnsafeRawBufferPointer(start: memory.base, count: memory.byteCount))
        let perRound = load.flows * fragsPerFlow
        for _ in 0..<rounds {
            try deliver(kernel, load)
            let application = Application(
                composition: composition, load: load, rings: rings, checker: checker,
                progress: RunProgress(threads: 1, goal: perRound), kernel: kernel, crossing: .none,
                calls: kernel.ringSets.map { .direct(.passUnretained($0), .none) }, thread: 0, sharesCore: false)
            var watch = Watchdog()
            let costs = try application.run(&watch)
            guard costs.received == perRound, costs.returned == perRound, costs.corrupt == 0, costs.refusedReturns == 0
            else {
                throw Failure(
                    .invariantBroken,
                    "\(name): of \(perRound) fragments \(costs.received) were received and \(costs.returned) returned")
            }
        }
        return rounds * perRound
    }

    /// Lets a window's fragments in on each flow, as a poll after the other would.
    private static func deliver(_ kernel: Kernel, _ load: Load) throws(Failure) {
        for socket in kernel.sockets {
            for _ in 0..<fragsPerFlow / load.fragsPerRead {
                let arrival = Arrival(frags: load.fragsPerRead)
                guard kernel.softirq(arrival, on: socket, from: kernel.binding).received == load.fragsPerRead else {
                    throw Failure(.invariantBroken, "\(kernel.composition.name): a fragment was refused")
                }
            }
        }
    }
}
