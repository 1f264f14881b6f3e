import RingExplorer
import Testing

/// The explorer itself: it counts right, and finds what is wrong.
@Suite("Explorer")
struct ExplorerTests {
    @Test("executions are counted with those that were not walked twice")
    func executionsAreCounted() {
        // Two threads of two stores to words of their own: (4 choose 2) interleavings, whatever is merged.
        let program = Program("interleavings") { machine in
            let words = [machine.location("x"), machine.location("y")]
            return Program.Run(
                words.map { word in
                    Program.Thread("writer") {
                        machine.store(1, to: word, .relaxed)
                        machine.store(2, to: word, .relaxed)
                    }
                })
        }
        let result = Explorer.explore(program)
        #expect(result.executions == 6)
        #expect(result.failure == nil)
    }

    @Test("a failure comes with the shortest way to it")
    func shortestTrace() throws {
        let program = Program("one store too many") { machine in
            let word = machine.location("x")
            return Program.Run(
                (0..<2).map { number in
                    Program.Thread("thread \(number)") {
                        for value in 1...3 as ClosedRange<UInt32> { machine.store(value, to: word, .relaxed) }
                        machine.require(number == 0 || machine.load(word, .relaxed) != 1, "it was 1 at the end")
                    }
                })
        }
        let failure = try #require(Explorer.explore(program).failure)
        #expect(failure.message == "it was 1 at the end")
        // Three stores of its own, at least one of the other's behind them, and the load.
        #expect(failure.trace.count == 5, "\(failure)")
    }

    @Test("unordered plain accesses are a race, whatever order they happen to come in")
    func races() throws {
        let program = Program("race") { machine in
            let cell = machine.cell("data")
            return Program.Run([
                Program.Thread("writer") { _ = machine.write(cell) }, Program.Thread("reader") { machine.read(cell) },
            ])
        }
        let failure = try #require(Explorer.explore(program).failure)
        #expect(failure.message.hasPrefix("data race"))
    }

    @Test("plain accesses that a release store and an acquire load order are none")
    func noRace() {
        for order in [MemoryOrder.acquire, .relaxed] {
            let program = Program("message") { machine in
                let cell = machine.cell("data")
                let flag = machine.location("flag")
                return Program.Run([
                    Program.Thread("writer") {
                        _ = machine.write(cell)
                        machine.store(1, to: flag, .release)
                    },
                    Program.Thread("reader") { if machine.load(flag, order) == 1 { machine.read(cell) } },
                ])
            }
            #expect((Explorer.explore(program).failure == nil) == (order == .acquire))
        }
    }

    @Test("a sleeper that nobody rings for is found")
    func lostWakeup() throws {
        let program = Program("sleeper") { machine in
            let bell = machine.bell("bell", isFutex: false)
            return Program.Run([Program.Thread("sleeper") { _ = machine.sleep(bell) }])
        }
        let failure = try #require(Explorer.explore(program).failure)
        #expect(failure.message.hasPrefix("lost wakeup"))
    }

    @Test("a loop without an end is found")
    func endlessLoop() throws {
        let program = Program("loop") { machine in
            let word = machine.location("x")
            return Program.Run([
                Program.Thread("looper") { while !machine.isDraining { machine.store(1, to: word, .relaxed) } }
            ])
        }
        #expect(try #require(Explorer.explore(program).failure).message.contains("no end"))
    }
}
