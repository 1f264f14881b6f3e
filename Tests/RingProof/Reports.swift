import Glibc
import RingExplorer
import TokenRing

/// The memory model is what it says: exactly the allowed outcomes are reached.
func reportLitmus() -> Bool {
    print("Litmus tests on the explorer's machine: outcomes reached, all that are allowed and no other\n")
    print("\("test".padded(56)) \("exists".padded(22)) \("verdict".padded(10)) outcomes   executions")
    var isRight = true
    for litmus in Litmus.all {
        let result = Explorer.explore(litmus.program)
        let verdict =
            litmus.outOfReach.isEmpty ? litmus.forbidden.contains(litmus.exists) ? "Never" : "Sometimes" : "beyond"
        let counts = "\(result.outcomes.count) of \(litmus.combinations.count)"
        print(
            "\(litmus.name.padded(56)) \(litmus.exists.padded(22)) \(verdict.padded(10)) \(counts.padded(10)) "
                + grouped(result.executions))
        for outcome in result.outcomes.subtracting(litmus.expected).sorted() {
            print("    WRONG: \(outcome) was reached and is forbidden")
            isRight = false
        }
        for outcome in litmus.expected.subtracting(result.outcomes).sorted() {
            print("    WRONG: \(outcome) is allowed and was not reached")
            isRight = false
        }
    }
    print("\nbeyond: C11 allows it, RC11 does not; the machine performs loads no earlier than they are written.\n")
    return isRight
}

/// The shipped rings: all executions of each program, none goes wrong.
func reportRings(_ programs: [Program]) -> Bool {
    print("The shipped rings: every execution of each program\n")
    print("\("program".padded(64)) \("states".padded(10)) executions")
    var isRight = true
    var total = 0.0
    for program in programs {
        let result = Explorer.explore(program)
        print("\(program.name.padded(64)) \("\(result.states)".padded(10)) \(grouped(result.executions))")
        fflush(nil)
        total += result.executions
        if let failure = result.failure {
            print("  WRONG\n\(failure)")
            isRight = false
        }
    }
    print("\n\(programs.count) programs, \(grouped(total)) executions\n")
    return isRight
}

/// The rings without one of their barriers: each is found.
func reportBarriers() -> Bool {
    print("The rings without a barrier: the shortest execution that goes wrong\n")
    var isRight = true
    for publication in RingPublication.allCases {
        for barrier in Barrier.allCases {
            let program = RingPrograms.without(barrier, publication)
            print("\(program.name)")
            if let failure = Explorer.explore(program).failure {
                print("\(failure)\n")
            } else {
                print("    NOT FOUND: the explorer is blind to \(barrier.rawValue)\n")
                isRight = false
            }
        }
    }
    return isRight
}

/// What relacy is compared with: name, tab, whether something wrong, or the outcome in question, was found.
func reportVerdicts() {
    for litmus in Litmus.all {
        let result = Explorer.explore(litmus.program)
        print("\(litmus.name)\t\(result.outcomes.contains(litmus.exists) ? "found" : "none")")
    }
    for publication in RingPublication.allCases {
        let programs =
            RingPrograms.smallest(publication) + Barrier.allCases.map { RingPrograms.without($0, publication) }
        for program in programs {
            print("\(program.name)\t\(Explorer.explore(program).failure == nil ? "none" : "found")")
        }
    }
}

/// A count in groups of three digits, or rounded where it is beyond what can be counted.
func grouped(_ count: Double) -> String {
    guard count < 1e15 else { return "about 10^\(Int(count.exponent) * 3 / 10)" }
    var digits = Array(String(UInt64(count)))
    var position = digits.count - 3
    while position > 0 {
        digits.insert(" ", at: position)
        position -= 3
    }
    return String(digits)
}

extension String {
    /// Filled up with spaces.
    func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
