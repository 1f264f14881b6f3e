import Glibc
import RingTestSupport
import Testing

/// Several processes with a ring set each on one binding of one server process.
@Suite("Served rings", .serialized)
struct ServeStreamTests {
    /// Sizes that lead through the slow paths.
    struct Sizes: CustomTestStringConvertible, Sendable {
        let delivery: Int
        let returns: Int
        let niovs: Int
        var testDescription: String { "delivery ring \(delivery), return ring \(returns), \(niovs) buffers" }
        var options: [String] {
            ["--delivery-ring", "\(delivery)", "--return-ring", "\(returns)", "--niovs", "\(niovs)"]
        }
    }

    static let sizes = [
        Sizes(delivery: 256, returns: 256, niovs: 4096), Sizes(delivery: 16, returns: 2, niovs: 1024),
        Sizes(delivery: 1, returns: 1, niovs: 64),
    ]

    @Test(
        "three processes and four ring sets: each stream is whole, in order and right, and every token comes back",
        arguments: ServedKernel.cleanUps, sizes)
    func allStreams(cleanUp: String, sizes: Sizes) throws {
        let kernel = try ServedKernel(["--clean-up", cleanUp, "--tokens", "2000", "--flows", "3"] + sizes.options)
        let alone = try kernel.startExample("receive_and_return", ["SOCKET"])
        let threads = try kernel.startExample("several_consumers", ["SOCKET", "2"])
        let peer = try kernel.startPeer("consume")
        let runs = [alone, threads, peer].map { $0.finish(deadline: .seconds(120)) }
        for run in runs { #expect(run.exitCode == 0, "\(run.output)\(run.errors)\(kernel.server.errorsSoFar)") }
        #expect(runs[0].output.contains("2000 fragments, 8192000 bytes, 0 fragments wrong"), "\(runs[0].output)")
        #expect(runs[0].output.contains("2000 delivered, 2000 returned, 0 out of range, 0 not held, 0 index"))
        #expect(runs[1].output.contains("consumer 2: 2000 fragments, 0 wrong; kernel: 2000 delivered, 2000 returned"))
        #expect(runs[2].output.contains("2000 fragments, 0 wrong"), "\(runs[2].output)")

        let books = try kernel.stop()
        #expect(books["ring_sets"] == 4)
        #expect(books["delivered"] == 8000 && books["returned"] == 8000, "\(books)")
        #expect(books["out_of_range"] == 0 && books["not_held"] == 0 && books["refused_calls"] == 0)
        #expect(books["taken_back_at_ring_close"] == 0 && books["taken_back_with_last_user"] == 0)
    }

    @Test("a consumer that is faster than the traffic sleeps for it, and is woken each time")
    func sleeps() throws {
        let kernel = try ServedKernel(["--tokens", "400", "--rate", "2000", "--flows", "1", "--niovs", "64"])
        let example = try kernel.startExample("receive_and_return", ["SOCKET"])
        let peer = try kernel.startPeer("consume")
        for run in [example, peer].map({ $0.finish(deadline: .seconds(60)) }) {
            #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
            #expect(run.output.contains("400 fragments"))
            let words = run.output.split { " ,;\n".contains($0) }
            let sleeps = try #require(words.firstIndex(of: "sleeps").flatMap { Int(words[$0 - 1]) })
            #expect(sleeps > 10, "\(run.output)")
        }
        _ = try kernel.stop()
    }

    @Test("a paused consumer is not taken for dead: it keeps its ring set, others run, and it goes on")
    func paused() throws {
        let kernel = try ServedKernel(["--tokens", "1500", "--flows", "2", "--delivery-ring", "64", "--niovs", "1024"])
        let peer = try kernel.startPeer("pause", 500)
        try #require(peer.waitForOutput(containing: "stopping at 500"))
        try #require(peer.process.waitUntilStopped())
        let other = try kernel.startExample("receive_and_return", ["SOCKET"]).finish(deadline: .seconds(60))
        #expect(other.exitCode == 0, "\(other.errors)")
        #expect(try kernel.closing(of: 2).delivered == 1500)
        #expect(!kernel.server.errorsSoFar.contains("ring set 1: closed"))
        peer.process.send(SIGCONT)
        let run = peer.finish(deadline: .seconds(60))
        #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
        #expect(run.output.contains("1500 fragments, 0 wrong"))
        let books = try kernel.stop()
        #expect(books["delivered"] == 3000 && books["returned"] == 3000)
    }

    @Test(
        "the server ends on a signal, with consumers or without, and its books are whole", arguments: [SIGINT, SIGTERM])
    func signalled(signal: CInt) throws {
        _ = try ServedKernel([]).stop(signal)
        let kernel = try ServedKernel(["--delivery-ring", "64", "--niovs", "1024"])
        let hoarder = try kernel.startPeer("hoard", 100)
        let example = try kernel.startExample("receive_and_return", ["SOCKET"])
        try #require(hoarder.waitForOutput(containing: "holding 100, 0 wrong"))
        let books = try kernel.stop(signal)
        #expect(books["taken_back_with_last_user"] ?? 0 >= 100)
        let run = example.finish(deadline: .seconds(30))
        #expect(run.exitCode == 1 && !run.errors.isEmpty, "\(run)")
    }

    @Test("a socket's file that a killed server left is replaced; one in use, and any other file, is not")
    func socketFile() throws {
        let first = try ServedKernel([])
        let second = try Invocation.run(["serve", "--socket", first.path])
        #expect(second.exitCode == 71 && second.errors.contains(first.path), "\(second)")
        first.server.kill()
        #expect(access(first.path, F_OK) == 0)
        let third = try Invocation(["serve", "--socket", first.path])
        #expect(third.waitForErrors(containing: "serving on"))
        third.interrupt()
        #expect(third.finish(deadline: .seconds(30)).exitCode == 0)

        let file = "\(first.path).file"
        defer { unlink(file) }
        close(creat(file, 0o600))
        #expect(try Invocation.run(["serve", "--socket", file]).exitCode == 71)
        #expect(access(file, F_OK) == 0)
    }
}
