/// Under which conditions a run measured: key `conditions` of a result.
struct MeasuringConditions: Encodable, Sendable {
    /// The two CPUs of the measured sides; nil: wherever the kernel liked.
    let cpus: (Int, Int)?
    /// Whether each repetition was made in a process of its own.
    let inFreshProcesses: Bool
    /// Decided the order of turns.
    let seed: UInt64
    let warmUp: WarmUp
    let stop: StopRule
    /// What happened to this process and its machine meanwhile.
    let disturbances: Disturbances

    private enum CodingKeys: String, CodingKey {
        case cpus, distance, seed, stop, disturbances, warnings
        case warmUp = "warm_up"
        case inFreshProcesses = "fresh_processes"
    }

    /// One line each, for stderr.
    var warnings: [String] { [warmUp.warning, stop.warning].compactMap(\.self) + disturbances.warnings }

    /// All of it, and the warnings in words.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if let cpus {
            try container.encode([cpus.0, cpus.1], forKey: .cpus)
            try container.encode(ProcessorProbe().distance(from: cpus.0, to: cpus.1), forKey: .distance)
        }
        try container.encode(inFreshProcesses, forKey: .inFreshProcesses)
        try container.encode(seed, forKey: .seed)
        try container.encode(warmUp, forKey: .warmUp)
        try container.encode(stop, forKey: .stop)
        try container.encode(disturbances, forKey: .disturbances)
        try container.encode(warnings, forKey: .warnings)
    }
}
