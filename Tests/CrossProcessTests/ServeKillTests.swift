import Glibc
import RingTestSupport
import Testing

/// What becomes of the tokens of a process that was killed (S10, R16, R17).
@Suite("A killed consumer", .serialized)
struct ServeKillTests {
    @Test(
        "ring-close: its tokens come back at once, and others that had no buffer left get their whole stream",
        arguments: ServedKernel.cleanUps.filter { $0 == "ring-close" })
    func ringClose(cleanUp: String) throws {
        // The hoarder holds 150 and the rest is in its ring: nobody else gets one, and it has none in a socket's queue.
        let kernel = try ServedKernel([
            "--clean-up", cleanUp, "--niovs", "200", "--delivery-ring", "256", "--flows", "1", "--tokens", "2000",
        ])
        let hoarder = try kernel.startPeer("starve", 150)
        try #require(hoarder.waitForOutput(containing: "holding 150, 0 wrong, the pool is empty"))
        let example = try kernel.startExample("receive_and_return", ["SOCKET"])
        let peer = try kernel.startPeer("consume")
        try #require(kernel.server.waitForErrors(containing: "ring set 3: opened"))
        hoarder.kill()

        let closing = try kernel.closing(of: 1)
        #expect(closing.delivered == 200 && closing.returned == 0 && closing.rest == closing.delivered, "\(closing)")
        for run in [example, peer].map({ $0.finish(deadline: .seconds(60)) }) {
            #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
            #expect(run.output.contains("2000 delivered, 2000 returned"))
        }
        let books = try kernel.stop()
        #expect(books["taken_back_at_ring_close"] == closing.delivered)
        #expect(books["delivered"] == 4000 + closing.delivered && books["returned"] == 4000)
        #expect(books["starved"] ?? 0 > 0, "the others were never without a buffer")
        #expect(books["not_held"] == 0 && books["out_of_range"] == 0)
    }

    @Test("last-user: its tokens stay out while others run and lose nothing, and come back with the last user")
    func lastUser() throws {
        let kernel = try ServedKernel([
            "--clean-up", "last-user", "--niovs", "1024", "--delivery-ring", "64", "--flows", "1", "--tokens", "2000",
        ])
        let hoarder = try kernel.startPeer("hoard", 300)
        let example = try kernel.startExample("receive_and_return", ["SOCKET"])
        let peer = try kernel.startPeer("consume")
        try #require(hoarder.waitForOutput(containing: "holding 300, 0 wrong"))
        hoarder.kill()
        for run in [example, peer].map({ $0.finish(deadline: .seconds(60)) }) {
            #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
            #expect(run.output.contains("2000 delivered, 2000 returned"))
        }
        let closings = try (1...3).map { try kernel.closing(of: $0) }
        let dead = try #require(closings.first { $0.returned == 0 })
        #expect(dead.delivered >= 300 && dead.rest == dead.delivered, "\(dead)")
        #expect(!kernel.server.errorsSoFar.contains("the last user is gone"))
        let books = try kernel.stop()
        #expect(books.log.contains("the last user is gone: \(dead.delivered) taken back"), "\(books)")
        #expect(books["taken_back_with_last_user"] == dead.delivered)
        #expect(books["delivered"] == 4000 + dead.delivered && books["returned"] == 4000)
    }

    @Test("killed anywhere in the middle, again and again: others lose nothing", arguments: ServedKernel.cleanUps)
    func anywhere(cleanUp: String) throws {
        let kernel = try ServedKernel([
            "--clean-up", cleanUp, "--niovs", "8192", "--delivery-ring", "64", "--flows", "2", "--tokens", "4000",
        ])
        let example = try kernel.startExample("receive_and_return", ["SOCKET"])
        try #require(kernel.server.waitForErrors(containing: "ring set 1: opened"))
        var random = SplitMix64(seed: 4)
        for number in 2...9 {
            let victim = try kernel.startPeer("consume")
            try #require(kernel.server.waitForErrors(containing: "ring set \(number): opened"))
            usleep(useconds_t.random(in: 0...20_000, using: &random))
            victim.kill()
            let closing = try kernel.closing(of: number)
            #expect(closing.returned + closing.rest == closing.delivered, "\(closing)")
        }
        let run = example.finish(deadline: .seconds(60))
        #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
        let books = try kernel.stop()
        #expect(books["ring_sets"] == 9 && books["not_held"] == 0 && books["out_of_range"] == 0)
    }
}
