import RingTestSupport
import Testing
import TokenRing

/// Two processes that sleep for every entry. If one of them ever missed the other's store (barriers E and F), both would
/// sleep for ever: the waits have no timeout, and the watch sees indices that stand still.
///
/// A futex compares the index once more inside the kernel and forgives much; an eventfd has nothing but the protocol.
@Suite("Lost wakeup", .serialized)
struct LostWakeupTests {
    /// One way to provoke sleeps.
    struct Run: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let roles: [String]
        let rings: Int
        /// Times that the two processes are to have slept, together. 1.3 million over all runs.
        let sleeps: Int
        var usesEventfds = false
        var publication = RingPublication.index
    }

    static let runs = [
        Run(testDescription: "ping-pong over two rings, futex", roles: ["ping", "pong"], rings: 2, sleeps: 250_000),
        Run(testDescription: "one slot, futex", roles: ["produce", "consume"], rings: 1, sleeps: 250_000),
        Run(
            testDescription: "ping-pong over two rings, eventfd", roles: ["ping", "pong"], rings: 2, sleeps: 300_000,
            usesEventfds: true),
        Run(
            testDescription: "one slot, eventfd", roles: ["produce", "consume"], rings: 1, sleeps: 300_000,
            usesEventfds: true),
        Run(
            testDescription: "ping-pong over two rings published in the slot, futex", roles: ["ping", "pong"], rings: 2,
            sleeps: 100_000, publication: .slot),
        Run(
            testDescription: "one slot, published in the slot, eventfd", roles: ["produce", "consume"], rings: 1,
            sleeps: 100_000, usesEventfds: true, publication: .slot),
    ]

    @Test("nobody sleeps for ever, however often they sleep", arguments: runs)
    func nobodySleepsForEver(_ run: Run) throws {
        var slept = 0
        var entries = 0
        // About one sleep an entry is usual; twenty times as many entries without them is a test that tests nothing.
        while slept < run.sleeps {
            try #require(entries < run.sleeps * 20, "only \(slept) sleeps in \(entries) entries")
            slept += try exchange(run, count: run.sleeps / 5)
            entries += run.sleeps / 5
        }
    }

    /// Lets two processes exchange `count` entries; how often the kernel put them to sleep.
    private func exchange(_ run: Run, count: Int) throws -> Int {
        // The indices wrap on the way.
        let start = 0 &- UInt32(count / 2)
        let setting = try SharedSetting(
            (0..<run.rings).map { _ in
                RingSpecification(.returning, capacity: 1, startIndex: start, publication: run.publication)
            },
            withEventfds: run.usesEventfds)
        // As few polls as possible: each side sleeps as soon as there is nothing to do.
        let peers = try run.roles.map { try setting.start("RingTestPeer", [$0, "\(count)", "1"]) }
        let verdict = ProgressWatch(setting.region).run(peers, deadline: .seconds(60))
        try #require(verdict == .ended([.exited(0), .exited(0)]))
        for ring in 0..<run.rings {
            #expect(setting.region.word(.producer, of: ring).loadAcquire() == start &+ UInt32(count))
            #expect(setting.region.word(.consumer, of: ring).loadAcquire() == start &+ UInt32(count))
        }
        return peers.map(\.sleepCount).reduce(0, +)
    }
}
