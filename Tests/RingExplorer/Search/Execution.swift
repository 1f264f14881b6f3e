import CCoroutine

/// Runs one program again and again, each time by another schedule: threads are coroutines that hand over at each operation.
final class Execution {
    /// A step that can be made now.
    struct Step {
        let thread: Int
        /// Which way, or -1: the thread is killed.
        let alternative: Int
    }

    let machine = Machine()
    private let program: Program
    private var run: Program.Run
    private var coroutines: [OpaquePointer] = []
    private var wanted: [Operation?] = []
    private var results: [UInt32] = []
    /// Steps that one execution may have; more are taken for an endless loop.
    private static let mostSteps = 200
    private var steps = 0

    init(_ program: Program) {
        self.program = program
        run = program.setUp(machine)
        machine.handOver = { [unowned self] operation in self.handOver(operation) }
        for _ in run.threads {
            guard let coroutine = coroutine_make() else { fatalError("no memory for a coroutine") }
            coroutines.append(coroutine)
        }
    }

    deinit { for coroutine in coroutines { coroutine_free(coroutine) } }

    /// Begins anew: every thread stands before its first operation.
    func start(tracing: Bool = false) {
        let names = run.threads.map(\.name)
        machine.reset(threads: names)
        machine.trace = tracing ? Trace(threads: names) : nil
        machine.running = nil
        run = program.setUp(machine)
        wanted = Array(repeating: nil, count: names.count)
        results = Array(repeating: 0, count: names.count)
        steps = 0
        for thread in names.indices {
            let start = Unmanaged.passRetained(Start(body: run.threads[thread].body))
            coroutine_start(
                coroutines[thread],
                { argument in
                    guard let argument else { return }
                    Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                }, start.toOpaque())
            resume(thread)
        }
    }

    private final class Start {
        let body: () -> Void
        init(body: @escaping () -> Void) { self.body = body }
    }

    /// What can happen next; nothing when the program is over, or stuck.
    func possibleSteps(into steps: inout [Step]) {
        steps.removeAll(keepingCapacity: true)
        guard machine.failure == nil else { return }
        for thread in wanted.indices {
            guard let operation = wanted[thread] else { continue }
            for alternative in 0..<machine.alternatives(operation, of: thread) {
                steps.append(Step(thread: thread, alternative: alternative))
            }
            if run.threads[thread].mayDie { steps.append(Step(thread: thread, alternative: -1)) }
        }
    }

    func perform(_ step: Step) {
        steps += 1
        guard steps <= Self.mostSteps else { return machine.fail("no end after \(steps) steps") }
        guard step.alternative >= 0, let operation = wanted[step.thread] else { return kill(step.thread) }
        machine.countOperation(of: step.thread)
        results[step.thread] = machine.perform(operation, of: step.thread, alternative: step.alternative)
        if machine.failure == nil { resume(step.thread) }
    }

    /// Everybody is over, or the machine has failed, or nobody can go on.
    func finish() {
        if machine.failure == nil {
            let stuck = wanted.indices.filter { wanted[$0] != nil }
            if stuck.isEmpty {
                machine.running = nil
                run.finally()
            } else {
                let names = stuck.map { machine.threadNames[$0] }.joined(separator: " and ")
                machine.fail("lost wakeup: \(names) sleeps and nobody is left to ring")
            }
        }
    }

    /// What came out of a finished run.
    var outcome: String { run.outcome() }

    /// Lets every body come to its end without effect, so that nothing that it holds is lost.
    func drain() {
        for thread in wanted.indices where wanted[thread] != nil { drain(thread) }
    }

    private func kill(_ thread: Int) {
        machine.trace?.add(thread, "killed", "")
        drain(thread)
        machine.threads[thread].isOver = true
    }

    private func drain(_ thread: Int) {
        machine.threads[thread].isDraining = true
        resume(thread)
        guard wanted[thread] == nil else { fatalError("\(program.name): a thread hands over while it drains") }
    }

    /// Runs a thread up to its next operation, or its end.
    private func resume(_ thread: Int) {
        wanted[thread] = nil
        machine.running = thread
        if !coroutine_resume(coroutines[thread]) { machine.threads[thread].isOver = true }
        machine.running = nil
    }

    private func handOver(_ operation: Operation) -> UInt32 {
        guard let thread = machine.running else { return 0 }
        wanted[thread] = operation
        coroutine_yield(coroutines[thread])
        return results[thread]
    }
}
