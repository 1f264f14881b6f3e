/// Finds the rate at which the worker has a given part of its time left.
///
/// The time that the worker needs is what a token costs it times the rate, and what a token costs depends little on the rate: each
/// step takes the cost of the last short run. So a run in which the thread was off its core, or in which fragments were refused, says
/// as much as another. The last steps decide together.
struct RateSearch {
    /// Percent of the worker's time that is to be left.
    let idlePercent: Double
    /// Short runs.
    var steps = 6

    /// One short run.
    struct Sample: Sendable {
        /// What was offered.
        let tokensPerSecond: Double
        /// The worker's time for a token, in nanoseconds.
        let workNanosecondsPerToken: Double
        /// What it had left, in percent.
        let idlePercent: Double
    }

    /// What was found: the rate, and the runs behind it.
    struct Found: Sendable {
        let tokensPerSecond: Double
        let samples: [Sample]
    }

    /// Starts from what a token costs the worker, in nanoseconds; `measure` makes a short run at a rate.
    func find(
        from nanosecondsPerToken: Double, _ measure: (Double) throws(Failure) -> Sample
    ) throws(Failure) -> Found {
        var samples: [Sample] = []
        var cost = nanosecondsPerToken
        for _ in 0..<steps {
            let sample = try measure(rate(cost))
            samples.append(sample)
            cost = sample.workNanosecondsPerToken
        }
        let last = samples.suffix(max(1, steps / 2)).map(\.workNanosecondsPerToken)
        return Found(tokensPerSecond: rate(last.isEmpty ? cost : Repetitions(Array(last)).median), samples: samples)
    }

    /// Tokens per second that leave the worker so idle when a token costs it so much.
    func rate(_ nanosecondsPerToken: Double) -> Double {
        (1 - idlePercent / 100) * 1e9 / max(1, nanosecondsPerToken)
    }
}
