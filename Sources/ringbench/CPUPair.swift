import ArgumentParser
import RingBenchKit

/// Two CPUs, as `--cpus 0,1` names them.
struct CPUPair: ExpressibleByArgument, Equatable {
    let first: Int
    let second: Int

    init(first: Int, second: Int) {
        self.first = first
        self.second = second
    }

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let first = numbers[0], let second = numbers[1] else { return nil }
        self.init(first: first, second: second)
    }

    /// The pair that was asked for, or the first two CPUs that this process may use.
    static func resolve(_ asked: CPUPair?) throws -> CPUPair {
        let allowed = HostEnvironment().cpus
        guard allowed.count >= 2 else {
            throw Failure(.unavailable, "two CPUs are needed, \(allowed.count) may be used; see taskset and cpusets")
        }
        guard let asked else { return CPUPair(first: allowed[0], second: allowed[1]) }
        guard asked.first != asked.second else {
            throw Failure(.usage, "--cpus names CPU \(asked.first) twice; the two sides need a core each")
        }
        for cpu in [asked.first, asked.second] where !allowed.contains(cpu) {
            throw Failure(.unavailable, "CPU \(cpu) may not be used here; allowed are \(allowed)")
        }
        return asked
    }
}
