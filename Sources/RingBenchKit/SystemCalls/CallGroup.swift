import TokenRing

/// One figure to measure: what it is called and what it means.
struct CallFigure: Sendable {
    let name: String
    let contains: String
    let leavesOut: String
    /// Calls between two readings of the clock: some 20 to 200 us, so that most rounds are not interrupted.
    let callsPerRound: Int
}

/// Calls that share sockets or rings. Opened afresh for every repetition, so that where memory happens to lie is part
/// of the spread and not of the result. Used by one thread.
protocol CallGroup: AnyObject {
    /// What it measures, known before anything is opened, so that a refusal has a name.
    static var figures: [CallFigure] { get }

    /// Opens what the calls need. A refusal makes every figure of the group unavailable.
    init() throws(SystemCallError)

    /// What must happen before `calls` calls of a figure and is not timed, such as queueing data.
    func prepare(_ figure: Int, calls: Int) throws(SystemCallError)

    /// Makes `calls` calls; this is timed. Throws at the first one that was refused or did something else.
    func run(_ figure: Int, calls: Int) throws(SystemCallError)
}

extension CallGroup {
    func prepare(_ figure: Int, calls: Int) throws(SystemCallError) {}
}
