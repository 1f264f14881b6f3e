import CTokenRing
import Synchronization
import TokenRing

/// Random interleavings against several proposals, on as many threads as there are CPUs. Proposals share nothing, so what
/// comes out depends on the seed and not on the threads.
struct RandomRuns {
    let subjects: [Subject]
    let seed: UInt64
    /// For each proposal.
    let operations: Int

    /// Drives them all.
    ///
    /// - Throws: `Failure` when there is no thread to be had.
    func run(progress: Progress) throws(Failure) -> [RandomVerdict] {
        let next = NextNumber()
        let work: @Sendable () -> [(Int, RandomVerdict)] = {
            var verdicts: [(Int, RandomVerdict)] = []
            while let number = next.take(below: subjects.count), !Interrupt.isRequested {
                progress.step("\(operations) random operations, seed \(seed): \(subjects[number].name)")
                verdicts.append((number, RandomRun(subject: subjects[number], seed: seed).run(operations: operations)))
            }
            return verdicts
        }
        let cpus = (0..<1024).count { ctr_cpu_allowed(CInt($0)) == 1 }
        var threads: [PinnedThread<[(Int, RandomVerdict)]>] = []
        do throws(SystemCallError) {
            for _ in 1..<max(1, min(cpus, subjects.count)) { threads.append(try PinnedThread(work)) }
        } catch {
            for thread in threads { _ = thread.join() }
            throw Failure(error)
        }
        let all = work() + threads.flatMap { $0.join() }
        return all.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Hands out numbers to whoever has nothing to do.
    private final class NextNumber: Sendable {
        private let next = Atomic<Int>(0)

        func take(below end: Int) -> Int? {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            return number < end ? number : nil
        }
    }
}
