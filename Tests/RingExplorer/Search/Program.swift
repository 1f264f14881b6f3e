/// A small program whose executions are explored. It is set up anew for each of them.
public struct Program {
    /// What it is called in tables.
    public let name: String
    /// Makes its memory and says what its threads do.
    let setUp: (Machine) -> Run

    /// A program.
    public init(_ name: String, setUp: @escaping (Machine) -> Run) {
        self.name = name
        self.setUp = setUp
    }

    /// The same under another name.
    func named(_ name: String) -> Program { Program(name, setUp: setUp) }

    /// One execution's worth of it.
    public struct Run {
        var threads: [Thread]
        /// Looked at when every thread is over; calls `Machine.require`.
        var finally: () -> Void
        /// What came out, for programs that are judged by the set of what can.
        var outcome: () -> String

        /// Threads, a last check, and what came out.
        public init(
            _ threads: [Thread], finally: @escaping () -> Void = {}, outcome: @escaping () -> String = { "" }
        ) {
            self.threads = threads
            self.finally = finally
            self.outcome = outcome
        }
    }

    /// One thread.
    public struct Thread {
        let name: String
        /// Whether it may be killed before any of its operations.
        let mayDie: Bool
        let body: () -> Void

        /// A thread. Its body may loop only as long as `Machine.isDraining` is false.
        public init(_ name: String, mayDie: Bool = false, _ body: @escaping () -> Void) {
            self.name = name
            self.mayDie = mayDie
            self.body = body
        }
    }
}

/// What an exploration found.
public struct Exploration {
    /// States that were told apart.
    public internal(set) var states = 0
    /// Executions that these states stand for; all of them, whatever was reduced. As a floating-point number, for it may
    /// be beyond 2^64.
    public internal(set) var executions = 0.0
    /// What came out at the end of them.
    public internal(set) var outcomes: Set<String> = []
    /// What is wrong, if anything is.
    public internal(set) var failure: Failure?

    /// Something wrong and the shortest way to it.
    public struct Failure: CustomStringConvertible {
        /// What is wrong.
        public let message: String
        /// The steps that lead there.
        public let trace: [String]

        /// Over several lines.
        public var description: String { (trace.map { "    " + $0 } + ["    => " + message]).joined(separator: "\n") }
    }
}
