import Testing

@testable import RingBenchKit

@Suite("Patience of who looks")
struct LookPatienceTests {
    private static let millisecond: Int64 = 1_000_000

    @Test("it is over after three seconds of looking, counted from what was found last")
    func over() {
        var patience = LookPatience(at: 0)
        var now: Int64 = 0
        for _ in 0..<100 {
            now += 20 * Self.millisecond
            let isOver = patience.isOver(at: now)
            #expect(!isOver)
        }
        patience.renew(at: now)
        let found = now
        while !patience.isOver(at: now) { now += 20 * Self.millisecond }
        #expect((3000...3040).contains((now - found) / Self.millisecond))
    }

    @Test("a machine that was stopped for a minute has not looked for a minute")
    func stopped() {
        var patience = LookPatience(at: 0)
        let answers = [60_000, 60_020].map { patience.isOver(at: $0 * Self.millisecond) }
        #expect(answers == [false, false])
    }
}
