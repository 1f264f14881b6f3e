/// Under which conditions a run measured: key `conditions` of a result. What a command does not have is left out.
public struct MeasuringConditions: Encodable, Sendable {
    /// The two CPUs of the measured sides; nil: wherever the kernel liked.
    var cpus: (Int?, Int?) = (nil, nil)
    /// Each repetition was made in a process of its own; nil: all were made in this one.
    var fresh: FreshProcesses?
    /// Where the CPUs had to lie for a repetition in this process.
    var place: CPUPlace?
    /// Decided the order of turns.
    var seed: UInt64?
    var warmUp: WarmUp?
    var stop: StopRule?
    /// What happened to this process and its machine meanwhile.
    let disturbances: Disturbances

    /// In which order turns were taken and after how much warming up, for a terminal.
    var turns: String {
        let seed = seed.map { ["Turns by seed \($0)"] } ?? []
        let fresh = fresh.map { ["each run in a fresh process\($0.place.map { ", \($0)" } ?? "")"] } ?? []
        let warm = warmUp.map { ["warm after \($0.count) short runs\($0.agrees ? "" : ", or rather not")"] } ?? []
        return (seed + fresh + warm).joined(separator: "; ") + "."
    }

    /// One line each, for stderr.
    private var warnings: [String] { [warmUp?.warning, stop?.warning].compactMap(\.self) + disturbances.warnings }

    /// Says what whoever reads the result must know.
    func warn(_ progress: Progress) {
        for warning in warnings { progress.warn(warning) }
    }

    /// All of it, and the warnings in words.
    public func encode(to encoder: any Encoder) throws {
        let pair = cpus.0.flatMap { first in cpus.1.map { [first, $0] } }
        try encoder.write([
            "cpus": pair, "distance": pair.map { ProcessorProbe().distance(from: $0[0], to: $0[1]) },
            "fresh_processes": fresh != nil, "place": place ?? fresh?.place, "seed": seed, "warm_up": warmUp,
            "stop": stop,
            "disturbances": disturbances, "warnings": warnings,
        ])
    }
}
