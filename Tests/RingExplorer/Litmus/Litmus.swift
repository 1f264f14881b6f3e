/// A litmus test as the kernel has them: a few instructions a thread, and what may come out.
///
/// Outcomes are the values that loads returned, in program order, thread by thread (r0, r1 ...), and of the named locations
/// what they hold at the end. `forbidden` lists outcomes; every other combination of the values that occur is allowed,
/// and must be reached.
public struct Litmus: Sendable {
    /// One instruction. Loads are numbered as they come.
    public enum Instruction: Sendable {
        case store(String, UInt32, MemoryOrder = .relaxed)
        case load(String, MemoryOrder = .relaxed)
        /// Full fence, release fence, acquire fence: smp_mb(), smp_wmb() and smp_rmb() are at least as strong.
        case fullFence, releaseFence, acquireFence
    }

    /// Its name, the kernel's where tools/memory-model/litmus-tests has it.
    public let name: String
    /// The threads.
    public let threads: [[Instruction]]
    /// Locations whose value at the end is part of the outcome.
    public let final: [String]
    /// The outcome that the test is about, its `exists` clause.
    public let exists: String
    /// What no execution may show.
    public let forbidden: Set<String>
    /// Allowed by C11 but beyond this machine, which makes no load before what comes before it in program order.
    public let outOfReach: Set<String>

    init(
        _ name: String, _ threads: [Instruction]..., final: [String] = [], exists: String, _ verdict: Verdict,
        forbidden others: Set<String> = []
    ) {
        self.name = name
        self.threads = threads
        self.final = final
        self.exists = exists
        forbidden = verdict == .never ? others.union([exists]) : others
        outOfReach = verdict == .beyond ? [exists] : []
    }

    /// Whether the outcome in question may be seen.
    enum Verdict {
        case sometimes, never
        /// C11 says sometimes; this machine does not get there.
        case beyond
    }

    /// Every combination of what is loaded and what is left.
    public var combinations: Set<String> {
        var combinations = [""]
        var register = 0
        for case .load(let name, _) in threads.joined() {
            combinations = combinations.flatMap { start in
                ([0] + stored(to: name)).map { "\(start)r\(register)=\($0) " }
            }
            register += 1
        }
        for name in final {
            combinations = combinations.flatMap { start in stored(to: name).map { "\(start)\(name)=\($0) " } }
        }
        return Set(combinations.map { String($0.dropLast()) })
    }

    /// What must be reached, all of it and nothing else.
    public var expected: Set<String> { combinations.subtracting(forbidden).subtracting(outOfReach) }

    private func stored(to name: String) -> [UInt32] {
        threads.joined().compactMap {
            if case .store(name, let value, _) = $0 { value } else { nil }
        }
    }

    /// As a program of the explorer.
    public var program: Program {
        Program(name) { machine in
            var locations: [String: Location] = [:]
            for instruction in threads.joined() {
                switch instruction {
                case .store(let name, _, _), .load(let name, _):
                    if locations[name] == nil { locations[name] = machine.location(name) }
                default: break
                }
            }
            let found = Registers()
            var first = 0
            let bodies = threads.enumerated().map { number, instructions in
                let register = first
                for case .load in instructions { first += 1 }
                return Program.Thread("P\(number)") { [locations] in
                    var register = register
                    for instruction in instructions {
                        switch instruction {
                        case .store(let name, let value, let order): machine.store(value, to: locations[name]!, order)
                        case .load(let name, let order):
                            found.values[register] = machine.load(locations[name]!, order)
                            register += 1
                        case .fullFence: machine.fence()
                        case .releaseFence: machine.releaseFence()
                        case .acquireFence: machine.acquireFence()
                        }
                    }
                }
            }
            return Program.Run(
                bodies,
                outcome: {
                    let loaded = found.values.sorted { $0.key < $1.key }.map { "r\($0.key)=\($0.value)" }
                    return (loaded + final.map { "\($0)=\(machine.finalValue(locations[$0]!))" }).joined(separator: " ")
                })
        }
    }

    private final class Registers {
        var values: [Int: UInt32] = [:]
    }
}
