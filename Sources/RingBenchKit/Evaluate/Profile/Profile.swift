import RingKernelModel

/// An open-loop experiment: a load that arrives at a fixed rate, whatever the proposals make of it.
public struct Profile: Sendable {
    /// What it is called in the report.
    public var name: String
    /// What arrives. Its `tokens` count only if the profile says so: else a run's length decides.
    public var load = Load()
    /// Runs of each proposal.
    public var runs = 11
    /// Milliseconds of traffic in one run.
    public var runMilliseconds = 1000
    /// How much of its time the worker of the first proposal is to have left, in percent; the rate is found for it.
    public var idlePercent = 13.13
    /// Tokens per second that arrive; nil to find the rate.
    public var tokensPerSecond: Double?
    /// Tokens of one run; nil for as many as arrive in `runMilliseconds`.
    public var tokens: Int?
    /// Names of the proposals; nil for all.
    public var proposals: [String]?
    /// Whether every byte is checked once before the measured runs.
    public var checksEveryByte = true

    /// An experiment with the default load.
    public init(name: String) { self.name = name }

    /// The experiment of the mail threads (sources.md 0.5, 4, C6): 4 flows, 11 runs, reads of 64 KiB, returns of 128 tokens, 128 MiB of
    /// buffers, and a rate at which today's kernel leaves 13.13 % of the worker.
    ///
    /// The window is 8 MiB a flow, as TCP grows it at such rates; a disturbance of some milliseconds fits in.
    public static let kperf: Profile = {
        var profile = Profile(name: "kperf")
        profile.load.windowFrags = 2048
        return profile
    }()

    /// The built-in profiles.
    public static let builtIn = [kperf]

    /// The same experiment within a minute: fewer and shorter runs, and bytes are checked by stamps only.
    public var quick: Profile {
        var profile = self
        profile.runs = min(runs, 4)
        profile.runMilliseconds = min(runMilliseconds, 120)
        profile.checksEveryByte = false
        return profile
    }

    /// Refuses what cannot be run, naming the key.
    func validate(_ naming: Load.Naming) throws(Failure) {
        try load.validate(naming)
        func require(_ holds: Bool, _ key: String, _ value: String, _ rule: String) throws(Failure) {
            if !holds { throw Failure(.usage, "\(naming.name(key)) is \(value): \(rule)") }
        }
        try require((1...1000).contains(runs), "runs", "\(runs)", "1 to 1000 runs can be made")
        try require(
            (10...60_000).contains(runMilliseconds), "run_ms", "\(runMilliseconds)",
            "a run takes 10 to 60000 milliseconds")
        try require(
            (1...99).contains(idlePercent), "idle_percent", "\(idlePercent)", "it must be between 1 and 99")
        if let tokensPerSecond {
            try require(
                (1000...1e9).contains(tokensPerSecond), "tokens_per_s", "\(tokensPerSecond)",
                "it must be between 1000 and 1000000000")
        }
        if let tokens {
            try require((1...1 << 32).contains(tokens), "tokens", "\(tokens)", "it must be 1 or more")
        }
    }
}
