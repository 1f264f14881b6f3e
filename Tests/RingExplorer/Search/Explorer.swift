/// Explores all executions of a program: every interleaving of its threads, and at each load every store that it may return.
///
/// Stateless search by replay, depth first. A state that was met before is not explored again: what can happen after it is
/// decided by what each thread has read so far and by the machine, which is what a fingerprint is made of. That is the
/// only reduction. Executions are counted with those that were not walked because their rest was known.
public struct Explorer {
    private struct Branch {
        let state: Fingerprint
        var chosen = 0
        let choices: Int
        var executions = 0.0
    }

    /// All executions of `program`, or the shortest that goes wrong.
    public static func explore(_ program: Program) -> Exploration {
        let execution = Execution(program)
        var result = Exploration()
        var known: [Fingerprint: Double] = [:]
        var path: [Branch] = []
        var steps: [Execution.Step] = []
        while true {
            execution.start()
            var depth = 0
            var found = 1.0
            while true {
                execution.possibleSteps(into: &steps)
                if steps.isEmpty {
                    execution.finish()
                    if execution.machine.failure == nil { result.outcomes.insert(execution.outcome) }
                    break
                }
                var chosen = 0
                if steps.count > 1 {
                    if depth == path.count {
                        let state = execution.machine.fingerprint()
                        if let executions = known[state] {
                            guard executions >= 0 else {
                                execution.machine.fail("it goes round without an end")
                                break
                            }
                            found = executions
                            break
                        }
                        // On the way from there.
                        known[state] = -1
                        path.append(Branch(state: state, choices: steps.count))
                    }
                    chosen = path[depth].chosen
                    depth += 1
                }
                execution.perform(steps[chosen])
            }
            if let message = execution.machine.failure {
                execution.drain()
                result.states = known.count
                result.failure = shortest(execution) ?? met(execution, path.map(\.chosen), message)
                return result
            }
            execution.drain()
            while let branch = path.last {
                path[path.count - 1].executions += found
                guard branch.chosen + 1 == branch.choices else { break }
                found = path[path.count - 1].executions
                known[branch.state] = found
                path.removeLast()
            }
            guard !path.isEmpty else {
                result.states = known.count
                result.executions = found
                return result
            }
            path[path.count - 1].chosen += 1
        }
    }

    /// Breadth first, so that the first failure met has the fewest steps.
    private static func shortest(_ execution: Execution) -> Exploration.Failure? {
        var met: Set<Fingerprint> = []
        var level: [[UInt8]] = [[]]
        var steps: [Execution.Step] = []
        while !level.isEmpty {
            var next: [[UInt8]] = []
            for path in level {
                replay(path, on: execution, &steps)
                defer { execution.drain() }
                execution.possibleSteps(into: &steps)
                if steps.isEmpty { execution.finish() }
                if let message = execution.machine.failure {
                    execution.drain()
                    replay(path, on: execution, &steps, tracing: true)
                    return Exploration.Failure(message: message, trace: execution.machine.trace?.lines ?? [])
                }
                guard met.insert(execution.machine.fingerprint()).inserted else { continue }
                for choice in steps.indices { next.append(path + [UInt8(choice)]) }
            }
            level = next
        }
        return nil
    }

    /// What a state that comes again looks like: the way that was walked.
    private static func met(_ execution: Execution, _ path: [Int], _ message: String) -> Exploration.Failure {
        execution.start(tracing: true)
        defer { execution.drain() }
        var steps: [Execution.Step] = []
        var depth = 0
        while depth < path.count {
            execution.possibleSteps(into: &steps)
            execution.perform(steps[steps.count > 1 ? path[depth] : 0])
            if steps.count > 1 { depth += 1 }
        }
        return Exploration.Failure(message: message, trace: execution.machine.trace?.lines ?? [])
    }

    private static func replay(
        _ path: [UInt8], on execution: Execution, _ steps: inout [Execution.Step], tracing: Bool = false
    ) {
        execution.start(tracing: tracing)
        for choice in path {
            execution.possibleSteps(into: &steps)
            execution.perform(steps[Int(choice)])
        }
    }
}
