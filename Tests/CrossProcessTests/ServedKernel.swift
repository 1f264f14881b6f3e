import Foundation
import Glibc
import RingKernelModel
import RingTestSupport
import Synchronization
import SystemPackage
import Testing
import TokenRing

/// A running `ringbench serve`, and consumers of it in processes of their own.
final class ServedKernel {
    /// The clean-up modes that there is a composition for.
    static let cleanUps =
        Composition.all.contains { $0.cleanUp == .ringClose && $0.returning == .mappedRing }
        ? ["last-user", "ring-close"] : ["last-user"]

    /// The socket's file.
    let path: String
    /// The server.
    let server: Invocation
    private static let counter = Atomic<Int>(0)

    /// Starts it and waits until it listens.
    init(_ options: [String]) throws {
        path = "/tmp/ringbench-serve-\(getpid())-\(Self.counter.wrappingAdd(1, ordering: .relaxed).newValue)"
        server = try Invocation(["serve", "--socket", path, "--json"] + options)
        try #require(server.waitForErrors(containing: "serving on \(path)"), "\(server.errorsSoFar)")
    }

    deinit {
        server.kill()
        unlink(path)
    }

    /// The consumers in C, built by `make examples` as a reader would.
    private static let examples: FilePath? = {
        let folder = PeerProcess.productsDirectory().appending("examples")
        let package = FilePath("\(#filePath)").removingLastComponent().removingLastComponent().removingLastComponent()
        let words = ["-s", "-C", package.string, "examples", "EXAMPLES_DIR=\(folder.string)"]
        guard let make = try? PeerProcess("make", words) else { return nil }
        return make.wait(deadline: .seconds(120)) == .exited(0) ? folder : nil
    }()

    /// Where an example's program is.
    static func example(_ name: String) throws -> String {
        try #require(Self.examples, "make examples failed").appending(name).string
    }

    /// Starts `Examples/NAME.c`; the words `SOCKET` among the arguments becomes the path.
    func startExample(_ name: String, _ arguments: [String]) throws -> Invocation {
        try Invocation(program: try Self.example(name), arguments.map { $0 == "SOCKET" ? path : $0 })
    }

    /// Starts the consumer in Swift.
    func startPeer(_ role: String, _ count: Int? = nil) throws -> Invocation {
        try Invocation(
            program: PeerProcess.productsDirectory().appending("ServePeer").string,
            [role, path] + (count.map { ["\($0)"] } ?? []))
    }

    /// Connects from this process.
    func connect() throws -> ServeClient { try ServeClient(path: path) }

    /// What the server said when the ring set of that number closed; waits for it.
    func closing(of number: Int) throws -> Closing {
        try #require(server.waitForErrors(containing: "ring set \(number): closed"), "\(server.errorsSoFar)")
        let line = server.errorsSoFar.split(separator: "\n").first { $0.hasPrefix("ring set \(number): closed") }
        let numbers = try #require(line).split(separator: " ").dropFirst(3).compactMap { Int($0) }
        try #require(numbers.count == 3)
        return Closing(delivered: numbers[0], returned: numbers[1], rest: numbers[2])
    }

    /// The books of a ring set when it closed.
    struct Closing: Equatable {
        let delivered: Int
        let returned: Int
        /// Taken back, or still out, as the clean-up mode says.
        let rest: Int
    }

    /// Ends the server by a signal and hands out its books; whether it ended well and left nothing behind is checked.
    func stop(_ signal: CInt = SIGTERM) throws -> Books {
        server.process.send(signal)
        let run = server.finish(deadline: .seconds(60))
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(access(path, F_OK) != 0, "the socket's file is still there")
        let document = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
        let books = Books(rows: try #require(document?["serve"] as? [String: Any]), log: run.errors)
        #expect(books.isEverythingHome, "\(books)")
        #expect(books["buffers"] == books["buffers_home"])
        #expect(books["double_frees"] == 0 && books["freed_while_held"] == 0)
        return books
    }

    /// What a server says at its end.
    struct Books: CustomStringConvertible {
        let rows: [String: Any]
        let log: String

        subscript(_ row: String) -> Int? { (rows[row] as? NSNumber)?.intValue }
        var isEverythingHome: Bool { rows["everything_home"] as? Bool == true }
        var description: String { "\(rows)\n\(log)" }
    }
}
